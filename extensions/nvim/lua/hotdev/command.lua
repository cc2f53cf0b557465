--- The subcommands of :Hotdev.
local M = {}

---@class hotdev.Command
---@field desc string
---@field run fun(args: string[])
---@field complete? fun(lead: string): string[]

--- A command that asks for something that takes a while, and tells its outcome.
---@param method string
---@param params table
---@param text fun(result: any): string?
local function act(method, params, text)
  local lsp = require('hotdev.lsp')
  lsp.request(method, params, function(result)
    local line = text(result)
    if line then
      lsp.tell(line)
    end
  end)
end

---@param status hotdev.Status
local function short(status)
  return (require('hotdev.status').short(status):gsub('^hotdev: ', ''))
end

--- The parameters of hotdev/start that args mean: [--profile NAME] [PACKAGE] [-- ARGS…].
---@param args string[]
---@return hotdev.StartParams
local function start_params(args)
  local params, i = {}, 1
  while i <= #args do
    local word = args[i]
    if word == '--' then
      params.args = vim.list_slice(args, i + 1)
      break
    elseif word == '--profile' or vim.startswith(word, '--profile=') then
      params.profile = word:match('=(.*)')
      if not params.profile then
        i = i + 1
        params.profile = args[i]
      end
    else
      params.package = word
    end
    i = i + 1
  end
  return params
end

---@type table<string, hotdev.Command>
M.commands = {
  attach = {
    desc = "open a terminal with 'hotdev attach'; its flags may follow",
    run = function(args)
      require('hotdev.lsp').with_client(function(client)
        local config = require('hotdev.config').get()
        local command = vim.list_extend({ config.cmd[1], 'attach', '-C', client.root_dir }, args)
        vim.cmd(config.log.split)
        vim.cmd.terminal({ args = vim.tbl_map(vim.fn.fnameescape, vim.tbl_map(vim.fn.shellescape, command)) })
        vim.cmd.startinsert()
      end)
    end,
    complete = function() return { '--tui', '--dlv' } end,
  },
  ['break'] = {
    desc = 'toggle a breakpoint; if EXPR, hit EXPR, log TEXT, list, clear',
    run = function(args) require('hotdev.breakpoints').command(args) end,
    complete = function() return { 'if', 'hit', 'log', 'list', 'clear' } end,
  },
  errors = {
    desc = 'put all errors into the quickfix list',
    run = function() require('hotdev.diagnostics').quickfix() end,
  },
  history = {
    desc = 'show the last reloads',
    run = function() require('hotdev.history').open() end,
  },
  logs = {
    desc = "show the app's output",
    run = function() require('hotdev.log').open() end,
  },
  reload = {
    desc = 'build and restart now',
    run = function() act('hotdev/reload', { wait = true }, function(reload) return require('hotdev.status').reload(reload) end) end,
  },
  rollback = {
    desc = 'put an older version back into service',
    run = function(args)
      local rev = args[1] and tonumber(args[1])
      if args[1] and not rev then
        return require('hotdev.lsp').tell(('rollback takes a revision, not %q'):format(args[1]), vim.log.levels.ERROR)
      end
      act('hotdev/rollback', { rev = rev }, function(reload) return require('hotdev.status').reload(reload) end)
    end,
    complete = function() return require('hotdev.history').revisions() end,
  },
  routes = {
    desc = 'show the routes of the running version',
    run = function() require('hotdev.routes').open() end,
  },
  start = {
    desc = 'start the app: [--profile NAME] [PACKAGE] [-- ARGS…]',
    run = function(args) act('hotdev/start', start_params(args), short) end,
    complete = function() return { '--profile=', '--' } end,
  },
  status = {
    desc = 'show the state',
    run = function() require('hotdev.status').open() end,
  },
  stop = {
    desc = 'stop the app; saves go on being checked',
    run = function() act('hotdev/stop', {}, short) end,
  },
  why = {
    desc = 'say what a save of a file does; of this one if none is named',
    run = function(args)
      local file = vim.fn.fnamemodify(args[1] or vim.api.nvim_buf_get_name(0), ':p')
      act('hotdev/why', { file = file }, function(why)
        local slowly = why.build and why.build.method == 'goBuild' and why.build.reason
        return ('%s: %s: %s'):format(vim.fn.fnamemodify(why.file, ':.'), why.class, why.reason)
          .. (slowly and (' (built by go build: %s)'):format(slowly) or '')
      end)
    end,
    complete = function(lead) return vim.fn.getcompletion(lead, 'file') end,
  },
}

--- Runs :Hotdev with the words after it; status if there is none.
---@param words string[]
function M.run(words)
  local name = words[1] or 'status'
  local command = M.commands[name]
  if not command then
    return require('hotdev.lsp').tell(('no command %q; see :help :Hotdev'):format(name), vim.log.levels.ERROR)
  end
  command.run(vim.list_slice(words, 2))
end

--- Completes the word lead at the end of the command line.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim(line:gsub('^.-Hotdev!?', '', 1)), '%s+', { trimempty = true })
  local typed = #words - (lead ~= '' and 1 or 0) -- complete words before lead
  local candidates
  if typed == 0 then
    candidates = vim.tbl_keys(M.commands)
    table.sort(candidates)
  else
    local command = M.commands[words[1]]
    candidates = command and command.complete and command.complete(lead) or {}
  end
  return vim.tbl_filter(function(candidate) return vim.startswith(candidate, lead) end, candidates)
end

return M
