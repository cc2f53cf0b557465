-- The breakpoints of the stub: extmarks, so that they move with the text as
-- nvim-dap's signs do.
local M = {}

local namespace = vim.api.nvim_create_namespace('stub.dap')
local kept = {}

function M.get(bufnr)
  local set = {}
  for _, buffer in ipairs(bufnr and { bufnr } or vim.api.nvim_list_bufs()) do
    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buffer, namespace, 0, -1, {})) do
      set[buffer] = set[buffer] or {}
      table.insert(set[buffer], vim.tbl_extend('force', kept[mark[1]], { line = mark[2] + 1 }))
    end
  end
  return set
end

--- The mark on the cursor's line.
local function here()
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  return vim.api.nvim_buf_get_extmarks(0, namespace, { row, 0 }, { row, -1 }, {})[1]
end

function M.set(condition, message)
  local mark = here()
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local id = vim.api.nvim_buf_set_extmark(0, namespace, row, 0, { id = mark and mark[1] })
  kept[id] = { condition = condition, logMessage = message }
end

function M.toggle()
  local mark = here()
  if mark then
    vim.api.nvim_buf_del_extmark(0, namespace, mark[1])
  else
    M.set()
  end
end

function M.clear()
  vim.api.nvim_buf_clear_namespace(0, namespace, 0, -1)
end

--- nvim-dap keeps what the adapter says of a breakpoint; nothing here asks for it.
function M.set_state() end

return M
