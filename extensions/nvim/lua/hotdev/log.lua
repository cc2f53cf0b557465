--- The window of the app's output: a scratch buffer that follows.
local M = {}

local view = require('hotdev.view')
local namespace = vim.api.nvim_create_namespace('hotdev.log')

local levels = { error = 'DiagnosticError', warn = 'DiagnosticWarn', info = 'DiagnosticInfo', debug = 'Comment' }
local streams = { build = 'Comment', hotdev = 'Special' }

---@param workspace hotdev.Workspace
---@return string
local function buffer_name(workspace)
  return ('hotdev://%s/log'):format(workspace.status and workspace.status.workspace or workspace.client_id)
end

--- Text without ANSI sequences, and without what a buffer's line can't hold.
---@param text string
---@return string
local function plain(text)
  text = text:gsub('\27%[[0-9;:?]*[ -/]*[@-~]', ''):gsub('\27%][^\7\27]*\7?', '')
  return (text:gsub('\r$', ''):gsub('[\n\27]', ' '))
end

--- Windows that show the buffer's end, and so follow.
---@param bufnr integer
---@return integer[]
local function followers(bufnr)
  local last = vim.api.nvim_buf_line_count(bufnr)
  return vim.tbl_filter(function(win)
    return vim.api.nvim_win_get_cursor(win)[1] == last
  end, vim.fn.win_findbuf(bufnr))
end

--- Writes entries at the end of the workspace's buffer.
---@param v hotdev.View
---@param workspace hotdev.Workspace
---@param entries hotdev.LogEntry[]
local function write(v, workspace, entries)
  local bufnr = v.bufnr
  local following = followers(bufnr)
  local lines = {}
  for i, entry in ipairs(entries) do
    lines[i] = plain(entry.text)
  end
  -- An empty buffer has one line already.
  local first = vim.api.nvim_buf_line_count(bufnr)
  if first == 1 and vim.api.nvim_buf_get_lines(bufnr, 0, 1, false)[1] == '' and next(v.places) == nil then
    first = 0
  end
  view.set_lines(bufnr, first, -1, lines)
  for i, entry in ipairs(entries) do
    local group = levels[entry.level] or streams[entry.stream]
    if group and lines[i] ~= '' then
      vim.api.nvim_buf_set_extmark(bufnr, namespace, first + i - 1, 0, { end_col = #lines[i], hl_group = group })
    end
    -- false: a line of the log that leads nowhere
    v.places[first + i] = entry.file and { file = entry.file, line = entry.line or 1 } or false
  end
  local extra = first + #lines - #workspace.entries
  if extra > 0 then
    vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, extra) -- else their marks move to the first line
    view.set_lines(bufnr, 0, extra, {})
    v.places = vim.list_slice(v.places, extra + 1)
  end
  for _, win in ipairs(following) do
    vim.api.nvim_win_set_cursor(win, { vim.api.nvim_buf_line_count(bufnr), 0 })
  end
end

--- Takes entries that workspace has got just now.
---@param workspace hotdev.Workspace
---@param entries hotdev.LogEntry[]
function M.append(workspace, entries)
  local v = view.find(buffer_name(workspace))
  if v then
    write(v, workspace, entries)
  end
end

--- Empties the buffer: another daemon's log begins.
---@param workspace hotdev.Workspace
function M.clear(workspace)
  local v = view.find(buffer_name(workspace))
  if v then
    v.places = {}
    view.set_lines(v.bufnr, 0, -1, {})
  end
end

--- Opens the window for the current buffer's workspace, at the end of the log.
function M.open()
  require('hotdev.lsp').with_client(function(client)
    local workspace = require('hotdev.workspace').get(client.id)
    local v, created = view.open(buffer_name(workspace), 'hotdev-log', client.root_dir)
    if created and #workspace.entries > 0 then
      write(v, workspace, workspace.entries)
    end
    vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(v.bufnr), 0 })
  end)
end

return M
