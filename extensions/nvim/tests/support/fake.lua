-- A daemon that says what a test wants, inside the Neovim that it is tested in.
local M = {}

local workspace = '/home/me/shop'

---@type hotdev.Status
M.status = {
  app = 'example.com/shop',
  state = 'running',
  rev = 7,
  profile = 'dev',
  workspace = workspace,
  running = {
    rev = 7,
    buildID = '9ad1',
    pid = 4790,
    address = 'localhost:8080',
    startedAt = '2026-11-24T16:01:00.000Z',
    requests = { count = 120, errors = 1, inFlight = 2, p50 = 1.5, p95 = 4, p99 = 9.25 },
  },
  lastBuild = {
    rev = 7,
    ok = true,
    reason = 'main.go was saved',
    phases = { queue = 12.5, check = 0, compile = 310, link = 90, launch = 4, ready = 21.5, firstResponse = 0 },
  },
  diagnostics = 0,
  debug = { mode = 'lazy', state = 'attached', clients = 1, endpoint = 'unix:/run/dap' },
  proxy = { address = 'localhost:8080', mode = 'redirect' },
  daemon = { version = '0.1.0', buildID = '5f0c', pid = 4712, startedAt = '2026-11-24T16:00:00.000Z' },
}

local function line(seq, text, more)
  return vim.tbl_extend('force', { seq = seq, time = '2026-11-24T16:00:01.250Z', stream = 'stdout', text = text }, more or {})
end

local reload = {
  rev = 7, time = '2026-11-24T16:03:00.000Z', reason = 'main.go was saved', files = { workspace .. '/main.go' },
  outcome = 'swapped', phases = { queue = 3, check = 0, compile = 280, link = 90, launch = 4, ready = 21.5, firstResponse = 0 }, total = 398.5, buildID = '77e0',
}

local answers = {
  ['hotdev/logs'] = {
    entries = {
      line(1, 'listening on localhost:8080'),
      line(2, '\27[32m200\27[0m GET /items'),
      line(3, 'main.go:12: low stock', { stream = 'stderr', level = 'warn', file = workspace .. '/main.go', line = 12 }),
      line(4, 'compiling example.com/shop', { stream = 'build' }),
      line(5, 'panic: no tea', { stream = 'stderr', level = 'error' }),
    },
  },
  ['hotdev/history'] = {
    reloads = {
      reload,
      vim.tbl_extend('force', reload, { rev = 6, time = '2026-11-24T16:02:00.000Z', outcome = 'buildFailed', message = '1 error', total = 322.5 }),
    },
  },
  ['hotdev/routes'] = {
    rev = 7,
    routes = {
      { method = 'GET', path = '/items/:id', handler = 'shop.(*Items).Get', file = workspace .. '/items.go', line = 21, hits = 3, errors = 0, p50 = 1.5 },
      { method = 'POST', path = '/orders', handler = 'shop.order', file = workspace .. '/main.go', line = 40, hits = 0, errors = 0, p50 = 0 },
    },
  },
}

--- Starts the plugin's client on it.
function M.start()
  answers['hotdev/status'] = M.status
  local config = require('hotdev.lsp').config()
  config.name, config.root_dir = 'hotdev', workspace
  config.cmd = function(dispatchers)
    local closing = false
    return {
      request = function(method, _, callback)
        local answer = answers[method] or vim.NIL
        if method == 'initialize' then
          answer = { capabilities = {} }
        end
        vim.schedule(function() callback(nil, answer) end)
        return true, 1
      end,
      notify = function(method)
        if method == 'initialized' then
          vim.schedule(function() dispatchers.notification('hotdev/status', M.status) end)
        end
        return true
      end,
      is_closing = function() return closing end,
      terminate = function() closing = true end,
    }
  end
  vim.lsp.start(config)
end

return M
