-- Runs one spec: a file that gets T, the functions below, and calls T.test.
local spec = vim.uv.fs_realpath(arg[1])
local root = vim.fs.dirname(vim.fs.dirname(spec))
package.path = root .. '/tests/?.lua;' .. package.path
vim.opt.runtimepath:prepend(root)
vim.o.swapfile = false
vim.o.hidden = true
vim.cmd('filetype on')
vim.cmd.runtime('plugin/hotdev.lua')

local T = { root = root }
local passed, failed, skipped = 0, 0, 0
local cleanups = {}

--- How long an event may take before the test fails; no test waits for it to pass.
local failsafe = 60000

--- Waits until condition returns something true, and returns that. broken says
--- why it can't come true any more.
---@param what string
---@param condition fun(): any
---@param broken? fun(): string?
function T.wait(what, condition, broken)
  local result, reason
  local met = vim.wait(failsafe, function()
    reason = broken and broken()
    result = not reason and condition()
    return reason ~= nil or result
  end, 5)
  if reason or not met then
    error(('waiting for %s: %s'):format(what, reason or 'timed out'), 2)
  end
  return result
end

function T.eq(got, want)
  if not vim.deep_equal(got, want) then
    error(('got %s\nwant %s'):format(vim.inspect(got), vim.inspect(want)), 2)
  end
end

--- Text contains a part, literally.
function T.has(text, part)
  if not text:find(part, 1, true) then
    error(('%q is not in\n%s'):format(part, text), 2)
  end
end

function T.skip(why) error({ skip = why }, 0) end

--- Calls f at the spec's end, whatever becomes of the tests; the last one first.
function T.cleanup(f) table.insert(cleanups, 1, f) end

--- What was told with vim.notify since the last call.
local told = {}
vim.notify = function(text, level) table.insert(told, { text = text, level = level }) end
function T.told()
  local list = told
  told = {}
  return list
end

--- Waits for a notice that contains part.
function T.notice(part)
  return T.wait(('the notice %q'):format(part), function()
    for i, notice in ipairs(told) do
      if notice.text:find(part, 1, true) then
        table.remove(told, i)
        return notice
      end
    end
  end)
end

function T.test(name, f)
  local began = vim.uv.hrtime()
  local ok, err = xpcall(f, function(err) return type(err) == 'table' and err or debug.traceback(err, 2) end)
  local took = (vim.uv.hrtime() - began) / 1e6
  if ok then
    passed = passed + 1
    io.write(('ok - %s (%.0f ms)\n'):format(name, took))
  elseif type(err) == 'table' and err.skip then
    skipped = skipped + 1
    io.write(('ok - %s # SKIP %s\n'):format(name, err.skip))
  else
    failed = failed + 1
    io.write(('not ok - %s\n%s\n'):format(name, type(err) == 'string' and err or vim.inspect(err)))
  end
end

assert(loadfile(spec))(T)
for _, cleanup in ipairs(cleanups) do
  cleanup()
end
io.write(('%d passed, %d failed, %d skipped\n'):format(passed, failed, skipped))
os.exit(failed == 0 and 0 or 1)
