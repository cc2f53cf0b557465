--- What the daemon of each joined workspace has told: its state, and the tail of
--- the app's output. Tells the others by User autocommands.
local M = {}

---@class hotdev.Workspace
---@field client_id integer
---@field status? hotdev.Status
---@field entries hotdev.LogEntry[] the tail of the log, without gaps but where missed says so
---@field newest integer sequence number of the last entry that was taken; 0: none
---@field early? hotdev.LogEntry[] entries that came while the kept log is asked for
---@field crashed boolean the user was told that the app has crashed
---@field started boolean the app was asked to start because the settings say so

---@type table<integer, hotdev.Workspace> by client id
local workspaces = {}

---@param client_id integer
---@return hotdev.Workspace
function M.get(client_id)
  local workspace = workspaces[client_id]
  if not workspace then
    workspace = { client_id = client_id, entries = {}, newest = 0, crashed = false, started = false }
    workspaces[client_id] = workspace
  end
  return workspace
end

---@param pattern string
---@param data table
local function fire(pattern, data)
  vim.api.nvim_exec_autocmds('User', { pattern = pattern, data = data, modeline = false })
end

---@param level 'all'|'problems'
---@param text string
---@param severity integer
local function tell(level, text, severity)
  local wanted = require('hotdev.config').get().notify
  if wanted == 'all' or wanted == level then
    require('hotdev.lsp').tell(text, severity)
  end
end

--- Appends entries that are newer than those that are there.
---@param workspace hotdev.Workspace
---@param entries hotdev.LogEntry[]
local function append(workspace, entries)
  local fresh = {}
  for _, entry in ipairs(entries) do
    if entry.seq > workspace.newest then
      fresh[#fresh + 1] = entry
      workspace.newest = entry.seq
    end
  end
  if #fresh == 0 then
    return
  end
  vim.list_extend(workspace.entries, fresh)
  local extra = #workspace.entries - require('hotdev.config').get().log.lines
  if extra > 0 then
    workspace.entries = vim.list_slice(workspace.entries, extra + 1)
  end
  require('hotdev.log').append(workspace, fresh)
end

--- Begins with a daemon: asks for the log that it has kept, and starts the app
--- if the settings say so.
---@param workspace hotdev.Workspace
---@param status hotdev.Status
local function join(workspace, status)
  local lsp, config = require('hotdev.lsp'), require('hotdev.config').get()
  local client = vim.lsp.get_client_by_id(workspace.client_id)
  if not client then
    return
  end
  workspace.entries, workspace.newest, workspace.early = {}, 0, {}
  require('hotdev.log').clear(workspace)
  lsp.send(client, 'hotdev/logs', { limit = config.log.lines }, function(kept)
    local early = workspace.early or {}
    workspace.early = nil
    append(workspace, kept.entries)
    append(workspace, early)
  end)
  if config.start and not workspace.started and status.state == 'idle' then
    workspace.started = true
    lsp.send(client, 'hotdev/start')
  end
end

---@param client_id integer
---@param status hotdev.Status
function M.on_status(client_id, status)
  local workspace = M.get(client_id)
  local known = workspace.status and workspace.status.daemon
  workspace.status = status
  if not known or known.pid ~= status.daemon.pid or known.startedAt ~= status.daemon.startedAt then
    join(workspace, status)
  end
  local crashed = status.state == 'crashed'
  if crashed and not workspace.crashed then
    tell('problems', 'the app has crashed: ' .. (status.message or ''), vim.log.levels.ERROR)
  end
  workspace.crashed = crashed
  fire('HotdevStatus', { client_id = client_id, status = status })
  vim.cmd.redrawstatus({ bang = true })
end

---@param client_id integer
---@param batch hotdev.LogParams
function M.on_log(client_id, batch)
  local workspace = M.get(client_id)
  if workspace.early then
    vim.list_extend(workspace.early, batch.entries)
  else
    append(workspace, batch.entries)
  end
end

---@param client_id integer
---@param reload hotdev.Reload
function M.on_reloaded(client_id, reload)
  local text = require('hotdev.status').reload(reload)
  if reload.outcome == 'startFailed' then
    tell('problems', text, vim.log.levels.ERROR)
  elseif reload.outcome == 'buildFailed' then
    tell('all', text, vim.log.levels.WARN) -- its diagnostics say it as well
  else
    tell('all', text, vim.log.levels.INFO)
  end
  fire('HotdevReloaded', { client_id = client_id, reload = reload })
end

--- Forgets a workspace whose client has ended.
---@param client_id integer
function M.drop(client_id)
  workspaces[client_id] = nil
  require('hotdev.breakpoints').drop(client_id)
  vim.cmd.redrawstatus({ bang = true })
end

return M
