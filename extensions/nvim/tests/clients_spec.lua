-- VS Code's client library, this plugin and `hotdev attach --json` on one daemon
-- see the same states in the same order. PROTOCOL_CLIENT is the folder that npm
-- has installed vscode-languageserver-protocol in.
local T = ...
local app = require('support.app')
local demo = app.new(T)

local function watch(command, each)
  local rest = ''
  local process = vim.system(command, {
    cwd = demo.dir,
    stdin = true,
    stdout = function(_, chunk)
      rest = rest .. (chunk or '')
      rest = rest:gsub('([^\n]*)\n', function(line)
        each(line)
        return ''
      end)
    end,
  })
  T.cleanup(function() process:kill('sigterm') end)
end

--- What one client has seen: "STATE REV", without repetitions.
local seen = { neovim = {}, attach = {}, vscode = {} }

local function add(who, state, rev)
  local line = ('%s %d'):format(state, rev)
  if seen[who][#seen[who]] ~= line then
    table.insert(seen[who], line)
  end
end

T.test('three clients see the same states in the same order', function()
  if not vim.env.PROTOCOL_CLIENT then
    T.skip('PROTOCOL_CLIENT is not set')
  end
  vim.api.nvim_create_autocmd('User', {
    pattern = 'HotdevStatus',
    callback = function(event) add('neovim', event.data.status.state, event.data.status.rev) end,
  })
  local bufnr = app.edit(demo, 'api/api.go')
  T.wait("the plugin's state", function() return #seen.neovim > 0 end)
  watch({ 'node', T.root .. '/tests/support/vscode-client.mjs', vim.env.PROTOCOL_CLIENT, app.program, demo.dir }, function(line)
    local state, rev = line:match('(%a+) (%d+)')
    add('vscode', state, tonumber(rev))
  end)
  watch({ app.program, 'attach', '--json' }, function(line)
    local message = vim.json.decode(line)
    if message.method == 'hotdev/status' then
      add('attach', message.params.state, message.params.rev)
    end
  end)
  T.wait('all clients', function() return #seen.vscode > 0 and #seen.attach > 0 end)
  T.wait('the first build', function() return seen.neovim[#seen.neovim] == 'idle 1' end)

  --- Waits until the newest that all have seen is that state, of a revision after
  --- rev, and returns its revision: one write may be seen as more than one change.
  local function all(state, rev)
    return T.wait(('%s after rev %d'):format(state, rev), function()
      local newest = seen.neovim[#seen.neovim]
      local now, at = newest:match('(%a+) (%d+)')
      local same = vim.iter(seen):all(function(_, lines) return lines[#lines] == newest end)
      return same and now == state and tonumber(at) > rev and tonumber(at)
    end)
  end
  all('idle', 0)
  for who in pairs(seen) do
    seen[who] = { 'idle 1' }
  end
  vim.cmd('Hotdev start')
  local rev = all('running', 0)
  app.change(bufnr, 'const greeting', 'const greeting = "good day"')
  rev = all('running', rev)
  app.change(bufnr, 'const greeting', 'const greeting = nowhere')
  rev = all('failed', rev)
  app.change(bufnr, 'const greeting', 'const greeting = "good evening"')
  rev = all('running', rev)
  vim.cmd('Hotdev stop')
  all('stopped', rev - 1)
  T.eq(seen.vscode, seen.neovim)
  T.eq(seen.attach, seen.neovim)
  assert(#seen.neovim >= 10, vim.inspect(seen.neovim))
end)
