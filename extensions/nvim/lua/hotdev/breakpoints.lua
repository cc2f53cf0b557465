--- Breakpoints without a DAP client: the set that the daemon keeps for `hotdev
--- break` and all editors like that, as signs that move with the text. Where
--- nvim-dap is installed, :Hotdev break leaves everything to it.
local M = {}

local namespace = vim.api.nvim_create_namespace('hotdev.breakpoints')
local owner = 'hotdev' -- of the shared set (rpc/PROTOCOL.md, hotdev/setBreakpoints)

---@class hotdev.Mark
---@field condition? string
---@field hitCondition? string
---@field logMessage? string
---@field verified boolean
---@field message? string

---@type table<integer, table<integer, hotdev.Mark>> buffer → extmark → what it stands for
local marks = {}

---@type table<integer, table<string, hotdev.Breakpoint[]>> client id → file → the shared set as the daemon told it last
local ledgers = {}

---@type table<integer, integer> client id → setBreakpoints without an answer. What the daemon tells meanwhile
--- may be older than what it was asked for, so it is asked once all are answered.
local asked = {}

---@param bufnr integer
---@param line integer counted from 1
---@param mark hotdev.Mark
---@param id? integer
local function place(bufnr, line, mark, id)
  local text = vim.api.nvim_buf_get_lines(bufnr, line - 1, line, false)[1]
  if not text then
    return -- the line is gone; the daemon will say so
  end
  local signs = require('hotdev.config').get().signs
  local placed = vim.api.nvim_buf_set_extmark(bufnr, namespace, line - 1, 0, {
    id = id,
    end_col = #text,
    invalidate = true, -- when the line is deleted
    sign_text = mark.verified and signs.breakpoint or signs.pending,
    sign_hl_group = mark.verified and 'DiagnosticSignError' or 'DiagnosticSignWarn',
    priority = 22,
  })
  marks[bufnr] = marks[bufnr] or {}
  marks[bufnr][placed] = mark
end

--- The marks of a buffer with their lines as they are now, by line.
---@param bufnr integer
---@return {id: integer, line: integer, mark: hotdev.Mark}[]
local function current(bufnr)
  local list = {}
  for _, found in ipairs(vim.api.nvim_buf_get_extmarks(bufnr, namespace, 0, -1, { details = true })) do
    local id, row, details = found[1], found[2], found[4]
    local mark = vim.tbl_get(marks, bufnr, id)
    if mark and not details.invalid then
      list[#list + 1] = { id = id, line = row + 1, mark = mark }
    end
  end
  return list
end

--- Makes the signs of a buffer those of the daemon's set.
---@param bufnr integer
---@param set hotdev.Breakpoint[]
local function show(bufnr, set)
  if vim.bo[bufnr].modified then
    -- The daemon's lines are those of the file on disk, the signs' those of the
    -- buffer; they are in the same order, and are told to the daemon on writing.
    local here = current(bufnr)
    if #here == #set then
      for i, found in ipairs(here) do
        found.mark.verified, found.mark.message = set[i].verified, set[i].message
        place(bufnr, found.line, found.mark, found.id)
      end
    end
    return
  end
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  marks[bufnr] = nil
  for _, b in ipairs(set) do
    place(bufnr, b.line, {
      condition = b.condition,
      hitCondition = b.hitCondition,
      logMessage = b.logMessage,
      verified = b.verified,
      message = b.message,
    })
  end
end

--- The file of a buffer as the daemon names it; nil if it has none.
---@param bufnr integer
---@return string?
local function file_of(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  return name ~= '' and vim.bo[bufnr].buftype == '' and (vim.uv.fs_realpath(name) or name) or nil
end

--- Replaces the daemon's set of a file.
---@param client vim.lsp.Client
---@param file string
---@param wanted hotdev.SourceBreakpoint[]
local function set(client, file, wanted)
  local lsp, id = require('hotdev.lsp'), client.id
  ledgers[id] = ledgers[id] or {}
  ledgers[id][file] = wanted
  asked[id] = (asked[id] or 0) + 1
  lsp.send(client, 'hotdev/setBreakpoints', { file = file, breakpoints = wanted }, function()
    asked[id] = asked[id] and asked[id] - 1
    if asked[id] == 0 then
      lsp.send(client, 'hotdev/breakpoints', {}, function(result) M.on_changed(id, result.breakpoints) end)
    end
  end, true)
end

--- Tells the daemon of a buffer's breakpoints, if they are not as it knows them.
---@param client vim.lsp.Client
---@param bufnr integer
local function push(client, bufnr)
  local file = file_of(bufnr)
  local known = vim.tbl_get(ledgers, client.id, file) or {}
  local wanted = {}
  for i, found in ipairs(current(bufnr)) do
    wanted[i] = {
      line = found.line,
      condition = found.mark.condition,
      hitCondition = found.mark.hitCondition,
      logMessage = found.mark.logMessage,
    }
  end
  local same = #wanted == #known and vim.iter(ipairs(wanted)):all(function(i, b)
    return b.line == known[i].line
      and b.condition == known[i].condition
      and b.hitCondition == known[i].hitCondition
      and b.logMessage == known[i].logMessage
  end)
  if not same then
    set(client, file, wanted)
  end
end

--- Takes the whole ledger, as the daemon tells it at first and after each change.
---@param client_id integer
---@param list hotdev.Breakpoint[]
function M.on_changed(client_id, list)
  if (asked[client_id] or 0) > 0 then
    return
  end
  local before, ledger = ledgers[client_id] or {}, {}
  for _, b in ipairs(list) do
    if b.owner == owner then
      ledger[b.file] = ledger[b.file] or {}
      table.insert(ledger[b.file], b)
    end
  end
  ledgers[client_id] = ledger
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    local file = vim.api.nvim_buf_is_loaded(bufnr) and file_of(bufnr)
    if file and (ledger[file] or before[file]) then
      show(bufnr, ledger[file] or {})
    end
  end
end

--- Forgets a client that has ended, and its signs.
---@param client_id integer
function M.drop(client_id)
  asked[client_id] = nil
  M.on_changed(client_id, {})
  ledgers[client_id] = nil
end

local group = vim.api.nvim_create_augroup('hotdev.breakpoints', {})

vim.api.nvim_create_autocmd('BufReadPost', {
  group = group,
  desc = 'hotdev: show the breakpoints of a file that is opened',
  callback = function(event)
    local file = file_of(event.buf)
    for _, ledger in pairs(ledgers) do
      if file and ledger[file] then
        show(event.buf, ledger[file])
      end
    end
  end,
})

vim.api.nvim_create_autocmd('BufWritePost', {
  group = group,
  desc = 'hotdev: tell the daemon where the breakpoints are now',
  callback = function(event)
    local client = marks[event.buf] and require('hotdev.lsp').client(event.buf)
    if client then
      push(client, event.buf)
    end
  end,
})

vim.api.nvim_create_autocmd({ 'BufUnload' }, {
  group = group,
  callback = function(event) marks[event.buf] = nil end,
})

--- The kinds of a breakpoint: word after :Hotdev break → member.
local kinds = { ['if'] = 'condition', hit = 'hitCondition', log = 'logMessage' }

--- Sets a breakpoint of a kind on the cursor's line, or without one removes or
--- sets a plain one there.
---@param kind? string
---@param text? string
local function toggle(kind, text)
  require('hotdev.lsp').with_client(function(client)
    local bufnr, line = vim.api.nvim_get_current_buf(), vim.api.nvim_win_get_cursor(0)[1]
    if not file_of(bufnr) then
      return require('hotdev.lsp').tell('a breakpoint needs a file', vim.log.levels.WARN)
    end
    local there = false
    for _, found in ipairs(current(bufnr)) do
      if found.line == line then
        there = true
        vim.api.nvim_buf_del_extmark(bufnr, namespace, found.id)
        marks[bufnr][found.id] = nil
      end
    end
    if kind or not there then
      place(bufnr, line, { [kind or 'condition'] = text, verified = false })
    end
    if not vim.bo[bufnr].modified then -- else when it is written
      push(client, bufnr)
    end
  end)
end

--- Puts all breakpoints, those of DAP clients included, into the quickfix list.
local function list()
  require('hotdev.lsp').request('hotdev/breakpoints', {}, function(result)
    local items = {}
    for i, b in ipairs(result.breakpoints) do
      local details = { b.owner, b['function'] }
      for word, member in vim.spairs(kinds) do
        details[#details + 1] = b[member] and ('%s %s'):format(word, b[member])
      end
      details[#details + 1] = not b.verified and (b.message or 'pending') or nil
      items[i] = { filename = b.file ~= '' and b.file or nil, lnum = b.line, text = table.concat(details, ' · ') }
    end
    vim.fn.setqflist({}, ' ', { title = 'hotdev breakpoints', items = items })
    if #items == 0 then
      vim.cmd.cclose()
      return require('hotdev.lsp').tell('no breakpoints')
    end
    vim.cmd('botright copen')
  end)
end

--- Removes the whole shared set.
local function clear()
  require('hotdev.lsp').with_client(function(client)
    for file in pairs(ledgers[client.id] or {}) do
      set(client, file, {})
    end
  end)
end

--- :Hotdev break [if EXPR | hit EXPR | log TEXT | list | clear]
---@param args string[]
function M.command(args)
  local word, text = args[1], table.concat(args, ' ', 2)
  local kind = kinds[word]
  if kind and text == '' then
    return require('hotdev.lsp').tell(('break %s needs text after it'):format(word), vim.log.levels.ERROR)
  elseif word and not kind and word ~= 'list' and word ~= 'clear' then
    return require('hotdev.lsp').tell(('break does not know %q'):format(word), vim.log.levels.ERROR)
  end
  local found, dap = pcall(require, 'dap')
  if word == 'list' then
    list()
  elseif not found then
    if word == 'clear' then
      clear()
    else
      toggle(kind, kind and text)
    end
  elseif word == 'clear' then
    dap.clear_breakpoints()
  elseif kind then
    local given = { [kind] = text }
    dap.set_breakpoint(given.condition, given.hitCondition, given.logMessage)
  else
    dap.toggle_breakpoint()
  end
end

return M
