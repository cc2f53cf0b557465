--- What the daemon's state and reloads look like in one line.
local M = {}

---@param ms number
---@return string
local function duration(ms)
  if ms < 10 then
    return ('%.1f ms'):format(ms)
  end
  return ms < 1000 and ('%.0f ms'):format(ms) or ('%.2f s'):format(ms / 1000)
end

---@param n integer
---@param noun string
---@return string
local function count(n, noun)
  return n == 1 and '1 ' .. noun or ('%d %ss'):format(n, noun)
end

--- Where the app answers; '' when it does not listen.
---@param status hotdev.Status
---@return string
local function address(status)
  if status.proxy.address ~= '' then
    return status.proxy.address
  end
  return status.running and status.running.address or ''
end

--- What the app does, without hotdev's name.
---@param status hotdev.Status
---@return string
local function doing(status)
  local state = status.state
  if state == 'building' or state == 'starting' then
    return ('%s rev %d…'):format(state, status.rev)
  elseif state == 'failed' and status.diagnostics > 0 then
    return count(status.diagnostics, 'error')
  elseif (state == 'running' or state == 'paused') and status.running then
    return ('%s rev %d'):format(state, status.running.rev)
  end
  return state
end

--- The state for a statusline: "hotdev: running rev 7 localhost:8080".
---@param status hotdev.Status
---@return string
function M.short(status)
  local text = 'hotdev: ' .. doing(status)
  if status.state == 'running' and address(status) ~= '' then
    text = text .. ' ' .. address(status)
  end
  return text
end

--- The short line about the workspace of the current buffer; '' if there is none.
---@return string
function M.statusline()
  local client = require('hotdev.lsp').client(0)
  local status = client and require('hotdev.workspace').get(client.id).status
  return status and M.short(status) or ''
end

--- Everything that people want to know of the state, a line each.
---@param status hotdev.Status
---@return string[]
function M.lines(status)
  local lines = { doing(status) .. (status.message and ': ' .. status.message or '') }
  local function add(label, text)
    if text and text ~= '' then
      lines[#lines + 1] = ('%-9s %s'):format(label, text)
    end
  end
  add('app', status.app)
  add('workspace', status.workspace)
  add('profile', status.profile)
  if status.running then
    local running = status.running
    add('serves', ('rev %d, pid %d%s'):format(running.rev, running.pid, address(status) ~= '' and ' on ' .. address(status) or ''))
    local requests = running.requests
    if requests.count > 0 then
      add('requests', ('%d, %s, p50 %s, p95 %s'):format(
        requests.count, count(requests.errors, 'error'), duration(requests.p50), duration(requests.p95)))
    end
  end
  if status.lastBuild then
    local build = status.lastBuild
    local total = 0
    for _, phase in ipairs({ 'queue', 'compile', 'link', 'launch', 'ready' }) do
      total = total + build.phases[phase]
    end
    add('build', ('rev %d %s in %s: %s'):format(build.rev, build.ok and 'succeeded' or 'failed', duration(total), build.reason))
  end
  if status.diagnostics > 0 then
    add('problems', tostring(status.diagnostics))
  end
  local debug = status.debug
  add('debugger', debug.state .. (debug.reason and ': ' .. debug.reason or '') .. (debug.clients > 0 and ', ' .. count(debug.clients, 'client') or ''))
  add('daemon', ('%s, pid %d'):format(status.daemon.version, status.daemon.pid))
  return lines
end

local outcomes = {
  swapped = 'serves now',
  unchanged = 'is the same program',
  restarted = 'was started again',
  browser = 'pages reload',
  config = 'settings were read again',
  built = 'was built',
  buildFailed = 'failed to build',
  startFailed = 'failed to start',
  superseded = 'was overtaken by a newer save',
  rolledBack = 'was put back',
}

--- A reload in one line.
---@param reload hotdev.Reload
---@return string
function M.reload(reload)
  local text = ('rev %d %s in %s: %s'):format(
    reload.backTo or reload.rev, outcomes[reload.outcome] or reload.outcome, duration(reload.total), reload.reason)
  return reload.message and ('%s (%s)'):format(text, reload.message) or text
end

--- Shows the state of the current buffer's workspace.
function M.open()
  local lsp = require('hotdev.lsp')
  lsp.request('hotdev/status', {}, function(status)
    require('hotdev.view').float('hotdev', M.lines(status))
  end)
end

return M
