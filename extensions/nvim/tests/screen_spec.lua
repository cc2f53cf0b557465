-- What the windows look like: the screen of another Neovim, 80 columns by 24
-- lines, against tests/screens. HOTDEV_UPDATE=1 writes these files.
local T = ...

local function start()
  local job = vim.fn.jobstart({
    vim.v.progpath, '--clean', '--headless', '--embed',
    '--cmd', 'set runtimepath+=' .. vim.env.VIMRUNTIME .. '/../../../lib/nvim',
    '--cmd', 'set runtimepath^=' .. T.root .. ' lines=24 columns=80 noswapfile shortmess+=I laststatus=2',
    '--cmd', 'let g:hotdev = {"enable": v:false}',
  }, { rpc = true })
  T.cleanup(function() vim.fn.jobstop(job) end)
  local function run(code, ...) return vim.rpcrequest(job, 'nvim_exec_lua', code, { ... }) end
  run([[
    package.path = ... .. '/tests/?.lua;' .. package.path
    vim.o.background = 'dark'
    vim.cmd.colorscheme('default')
    vim.cmd.file('main.go')
    vim.o.statusline = "%f%=%{v:lua.require'hotdev'.statusline()}"
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'package main', '', 'func main() {', '}' })
    vim.bo.modified = false
    require('support.fake').start()
    vim.wait(10000, function()
      local client = require('hotdev.lsp').client(0)
      local workspace = client and require('hotdev.workspace').get(client.id)
      return workspace and #workspace.entries > 0
    end, 1)
  ]], T.root)
  return run
end

--- The screen as lines of text, then as lines that have a letter for each
--- group of cells that look alike.
local function screen(run)
  return run([[
    vim.cmd.redraw()
    local text, looks, names, known = {}, {}, {}, 0
    for row = 1, vim.o.lines do
      local cells, attrs = {}, {}
      for column = 1, vim.o.columns do
        cells[column] = vim.fn.screenstring(row, column)
        local attr = vim.fn.screenattr(row, column)
        if not names[attr] then
          names[attr] = string.char(97 + known)
          known = known + 1
        end
        attrs[column] = names[attr]
      end
      text[row] = (table.concat(cells):gsub('%s+$', ''))
      looks[row] = table.concat(attrs)
    end
    looks[#looks] = nil -- the command line's is not ours, and differs between versions
    return vim.list_extend(vim.list_extend(text, { ('-'):rep(80) }), looks)
  ]])
end

local function shows(name, run)
  local file = ('%s/tests/screens/%s.txt'):format(T.root, name)
  local now = screen(run)
  if vim.env.HOTDEV_UPDATE then
    vim.fn.writefile(now, file)
  end
  local want = vim.fn.readfile(file)
  if not vim.deep_equal(now, want) then
    error(('the screen differs from %s:\n%s\nwant\n%s'):format(file, table.concat(now, '\n'), table.concat(want, '\n')))
  end
end

for _, case in ipairs({
  { 'logs', "vim.bo.filetype == 'hotdev-log'" },
  { 'status', '#vim.api.nvim_list_wins() == 2' },
  { 'routes', "vim.bo.filetype == 'hotdev-routes'" },
  { 'history', "vim.bo.filetype == 'hotdev-history'" },
}) do
  local name, there = unpack(case)
  T.test((':Hotdev %s looks as it should'):format(name), function()
    local run = start()
    run('vim.cmd("Hotdev " .. ...)', name)
    run(('vim.wait(10000, function() return %s end, 1)'):format(there))
    shows(name, run)
  end)
end
