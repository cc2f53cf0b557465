--- Windows of ours: a float for a few lines, and scratch buffers whose lines can
--- lead to a place in a source file.
local M = {}

---@class hotdev.Place
---@field file string absolute path
---@field line integer

---@class hotdev.View
---@field bufnr integer
---@field root string directory that relative names in the text start from
---@field places table<integer, hotdev.Place|false> line of the buffer → where it leads

---@type table<integer, hotdev.View> by buffer
local views = {}

--- A window that files are opened in: the one before this, else any that shows
--- a file, else a new one.
local function file_window()
  local function fits(win)
    return win ~= 0 and vim.api.nvim_win_get_config(win).relative == '' and vim.bo[vim.api.nvim_win_get_buf(win)].buftype == ''
  end
  local wins = vim.api.nvim_tabpage_list_wins(0)
  table.insert(wins, 1, vim.fn.win_getid(vim.fn.winnr('#')))
  for _, win in ipairs(wins) do
    if fits(win) then
      return vim.api.nvim_set_current_win(win)
    end
  end
  vim.cmd('topleft new')
end

---@param place hotdev.Place
local function go_to(place)
  file_window()
  vim.cmd("normal! m'")
  local bufnr = vim.fn.bufadd(place.file)
  vim.bo[bufnr].buflisted = true
  vim.api.nvim_win_set_buf(0, bufnr)
  local last = vim.api.nvim_buf_line_count(0)
  vim.api.nvim_win_set_cursor(0, { math.max(1, math.min(place.line, last)), 0 })
  vim.cmd('normal! ^zv')
end

--- The file:line in text that is at or after column (0-based), else the first
--- one, of a file that exists.
---@param view hotdev.View
---@param text string
---@param column integer
---@return hotdev.Place?
local function place_in(view, text, column)
  local first
  for from, name, line, to in text:gmatch('()([%w%._/\\~@+-]+%.%w+):(%d+)()') do
    local file = vim.fs.normalize(vim.startswith(name, '/') and name or view.root .. '/' .. name)
    if vim.uv.fs_stat(file) then
      local place = { file = file, line = tonumber(line) }
      if column < to - 1 and (from - 1 <= column or not first) then
        return place
      end
      first = first or place
    end
  end
  return first
end

--- Goes to the place that the cursor's line leads to.
function M.jump()
  local view = views[vim.api.nvim_get_current_buf()]
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local place = place_in(view, vim.api.nvim_get_current_line(), column) or view.places[row]
  if place then
    go_to(place)
  else
    vim.notify('hotdev: no file:line here', vim.log.levels.WARN)
  end
end

--- The view whose buffer has that name, nil if there is none.
---@param name string
---@return hotdev.View?
function M.find(name)
  for bufnr, view in pairs(views) do
    if vim.api.nvim_buf_get_name(bufnr) == name then
      return view
    end
  end
end

--- Opens the scratch buffer NAME in a window of its own, or goes to the one that
--- shows it.
---@param name string
---@param filetype string
---@param root string
---@return hotdev.View
---@return boolean created the buffer is new, and empty
function M.open(name, filetype, root)
  local view = M.find(name)
  local win = view and vim.fn.bufwinid(view.bufnr) or -1
  if view and win ~= -1 then
    vim.api.nvim_set_current_win(win)
    return view, false
  end
  vim.cmd(require('hotdev.config').get().log.split)
  local created = view == nil
  view = view or { bufnr = vim.api.nvim_create_buf(false, true), root = root, places = {} }
  local bufnr = view.bufnr
  if created then
    views[bufnr] = view
    vim.api.nvim_buf_set_name(bufnr, name)
    vim.api.nvim_create_autocmd('BufWipeout', {
      buffer = bufnr,
      callback = function() views[bufnr] = nil end,
    })
    for _, key in ipairs({ 'gF', 'gf', '<CR>' }) do
      vim.keymap.set('n', key, M.jump, { buffer = bufnr, desc = 'Go to the file and line' })
    end
    vim.keymap.set('n', 'q', '<C-w>c', { buffer = bufnr, desc = 'Close the window' })
  end
  vim.api.nvim_win_set_buf(0, bufnr)
  if created then
    vim.bo[bufnr].bufhidden = 'hide'
    vim.bo[bufnr].swapfile = false
    vim.bo[bufnr].undolevels = -1
    vim.bo[bufnr].modifiable = false
    vim.bo[bufnr].filetype = filetype
  end
  for option, value in pairs({ number = false, relativenumber = false, signcolumn = 'no', foldcolumn = '0', list = false, spell = false, wrap = false }) do
    vim.wo[0][0][option] = value
  end
  return view, created
end

--- Changes a read-only buffer's lines as nvim_buf_set_lines does.
---@param bufnr integer
---@param first integer
---@param last integer
---@param lines string[]
function M.set_lines(bufnr, first, last, lines)
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, first, last, false, lines)
  vim.bo[bufnr].modifiable = false
end

--- Shows a table whose rows lead to places.
---@param name string
---@param filetype string
---@param root string
---@param lines string[]
---@param places table<integer, hotdev.Place>
function M.table(name, filetype, root, lines, places)
  local view = M.open(name, filetype, root)
  view.places = places
  M.set_lines(view.bufnr, 0, -1, lines)
end

--- Lays out rows in columns; the last one is not padded.
---@param rows string[][]
---@return string[]
function M.columns(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      widths[i] = math.max(widths[i] or 0, vim.fn.strdisplaywidth(cell))
    end
  end
  return vim.tbl_map(function(row)
    local cells = {}
    for i, cell in ipairs(row) do
      local pad = i < #row and widths[i] - vim.fn.strdisplaywidth(cell) or 0
      cells[i] = cell .. (' '):rep(pad)
    end
    return (table.concat(cells, '  '):gsub('%s+$', ''))
  end, rows)
end

--- Shows lines in a float at the cursor that goes with the next movement.
---@param title string
---@param lines string[]
---@return integer bufnr
---@return integer win
function M.float(title, lines)
  return vim.lsp.util.open_floating_preview(lines, 'hotdev-status', {
    border = 'rounded',
    title = ' ' .. title .. ' ',
    focus_id = 'hotdev',
    wrap = false,
  })
end

return M
