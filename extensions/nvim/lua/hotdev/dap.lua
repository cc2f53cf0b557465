--- Joins nvim-dap, whenever that is loaded. Its sessions talk to the daemon's
--- debug adapter, which outlives the app's processes.
local M = {}

--- The adapter for a session: the daemon's own socket, or `hotdev dap`, which
--- starts the daemon, where no daemon is joined.
---@param callback fun(adapter: table)
local function adapter(callback)
  local lsp = require('hotdev.lsp')
  local client = lsp.client(0)
  if not client then
    local command = require('hotdev.config').get().cmd[1]
    return callback({ type = 'executable', command = command, args = { 'dap' } })
  end
  lsp.send(client, 'hotdev/debugEndpoint', {}, function(endpoint)
    if endpoint.network == 'unix' then
      callback({ type = 'pipe', pipe = endpoint.address })
    else
      local host, port = endpoint.address:match('^(.*):(%d+)$')
      callback({ type = 'server', host = host, port = tonumber(port) })
    end
  end)
end

---@type table[] for nvim-dap
local configurations = {
  { type = 'hotdev', request = 'launch', name = 'hotdev: start the app and debug it' },
  { type = 'hotdev', request = 'attach', name = 'hotdev: debug the app that runs' },
}

--- Tells a session where the breakpoints of a buffer are that was written just
--- now: nvim-dap's signs have moved with the text. It does not do so itself.
---@param session table
---@param bufnr integer
local function resend(session, bufnr)
  local breakpoints = require('dap.breakpoints')
  local set = breakpoints.get(bufnr)[bufnr]
  if not set then
    return
  end
  session:request('setBreakpoints', {
    source = { path = vim.api.nvim_buf_get_name(bufnr) },
    sourceModified = true, -- the lines are meant in the file as it is now
    breakpoints = vim.tbl_map(function(b)
      return { line = b.line, condition = b.condition, hitCondition = b.hitCondition, logMessage = b.logMessage }
    end, set),
  }, function(err, result)
    for _, state in ipairs(not err and result.breakpoints or {}) do
      breakpoints.set_state(bufnr, state)
    end
  end)
end

--- Tells nvim-dap of the adapter and the configurations.
---@param dap table the module
local function register(dap)
  dap.adapters.hotdev = dap.adapters.hotdev or adapter
  dap.providers.configs.hotdev = function(bufnr)
    return vim.bo[bufnr].filetype == 'go' and configurations or {}
  end
  vim.api.nvim_create_autocmd('BufWritePost', {
    group = vim.api.nvim_create_augroup('hotdev.dap', {}),
    desc = 'hotdev: tell the debug adapter where the breakpoints are now',
    callback = function(event)
      for _, session in pairs(dap.sessions()) do
        if session.config.type == 'hotdev' and session.initialized then
          resend(session, event.buf)
        end
      end
    end,
  })
end

--- Registers now if nvim-dap is loaded, else as soon as something requires it.
function M.enable()
  if type(package.loaded.dap) == 'table' then
    return register(package.loaded.dap)
  end
  local before = package.preload.dap
  local function load()
    -- Lets the require below find the module itself. If that fails, the next
    -- attempt comes here again.
    package.preload.dap, package.loaded.dap = before, nil
    local found, dap = pcall(require, 'dap')
    if not found then
      package.preload.dap = load
      error(dap, 0)
    end
    register(dap)
    return dap
  end
  package.preload.dap = load
end

return M
