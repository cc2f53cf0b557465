--- :checkhealth hotdev
local M = {}

local health = vim.health

--- Runs a program; nil if it can't be started.
---@param command string[]
---@return vim.SystemCompleted?
local function run(command)
  local started, process = pcall(vim.system, command, { text = true })
  return started and process:wait(10000) or nil
end

local function neovim()
  if vim.fn.has('nvim-0.10') == 1 then
    health.ok('Neovim ' .. tostring(vim.version()))
  else
    health.error('Neovim 0.10 or newer is needed')
  end
end

local function settings()
  local wrong = require('hotdev.config').check(vim.g.hotdev or {})
  if wrong then
    health.error('vim.g.hotdev: ' .. wrong)
  else
    health.ok('the settings have no mistake')
  end
end

local reports = { ok = health.ok, warn = health.warn, fail = health.error }

--- What `hotdev doctor` finds, a line of JSON for each check.
---@param program string
local function doctor(program)
  local result = run({ program, 'doctor', '--json', '-C', vim.fn.getcwd() })
  for line in vim.gsplit(result and result.stdout or '', '\n', { trimempty = true }) do
    local decoded, check = pcall(vim.json.decode, line)
    if decoded then
      reports[check.level](('%s: %s'):format(check.check, check.message), check.mend and { check.mend } or nil)
    end
  end
end

local function program()
  local name = require('hotdev.config').get().cmd[1]
  local result = run({ name, 'version' })
  if not result or result.code ~= 0 then
    return health.error(('%s does not run'):format(name), {
      'go install github.com/hotdev/hotdev/cmd/hotdev@latest',
      "or name it: vim.g.hotdev = { cmd = { '/path/to/hotdev', 'lsp' } }",
    })
  end
  health.ok(vim.trim(result.stdout .. result.stderr))
  doctor(name)
end

local function workspaces()
  local clients = require('hotdev.lsp').clients()
  if #clients == 0 then
    health.info('no workspace is joined: open a Go file of a module')
  end
  for _, client in ipairs(clients) do
    local status = require('hotdev.workspace').get(client.id).status
    if status then
      health.ok(('%s: %s'):format(client.root_dir, table.concat(require('hotdev.status').lines(status), '\n')))
    else
      health.warn(client.root_dir .. ': the daemon has not told its state yet', { 'see :LspLog' })
    end
  end
end

local function debugger()
  local found, dap = pcall(require, 'dap')
  if not found then
    return health.info('nvim-dap is not installed: breakpoints are set with :Hotdev break')
  elseif not dap.providers then
    return health.error('nvim-dap is older than 0.8', { 'update it' })
  elseif not dap.adapters.hotdev then
    return health.warn('nvim-dap does not know hotdev', { 'the option dap.enable is false' })
  end
  health.ok('nvim-dap knows hotdev')
end

function M.check()
  health.start('hotdev: editor')
  neovim()
  settings()
  debugger()
  health.start('hotdev: program and machine')
  program()
  health.start('hotdev: workspaces')
  workspaces()
end

return M
