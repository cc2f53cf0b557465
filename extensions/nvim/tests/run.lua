-- nvim --clean --headless -l tests/run.lua [SPEC…]
--
-- Runs the specs, each in a Neovim of its own, and closes with "N passed, N
-- failed, N skipped". HOTDEV names the program to test. Exit code 1 if anything
-- failed, or a spec did not come to its end.
local here = vim.fs.dirname(vim.fs.normalize(debug.getinfo(1, 'S').source:sub(2)))
here = vim.uv.fs_realpath(here)

local specs = #arg > 0 and arg or vim.fn.sort(vim.fn.glob(here .. '/*_spec.lua', true, true))
local passed, failed, skipped = 0, 0, 0
for _, spec in ipairs(specs) do
  local name = vim.fs.basename(spec)
  local child = vim.system({
    vim.v.progpath, '--clean', '--headless', '--cmd', 'set runtimepath+=' .. vim.env.VIMRUNTIME .. '/../../../lib/nvim',
    '-l', here .. '/support/spec.lua', spec,
  }, { text = true, timeout = 240000 }):wait()
  io.write(('== %s\n%s%s'):format(name, child.stdout, child.stderr))
  local p, f, s = child.stdout:match('(%d+) passed, (%d+) failed, (%d+) skipped\n$')
  if p then
    passed, failed, skipped = passed + p, failed + f, skipped + s
  else
    failed = failed + 1
    io.write(('not ok - %s ended early: code %d, signal %d\n'):format(name, child.code, child.signal))
  end
end
io.write(('\n%d passed, %d failed, %d skipped\n'):format(passed, failed, skipped))
os.exit(failed == 0 and 0 or 1)
