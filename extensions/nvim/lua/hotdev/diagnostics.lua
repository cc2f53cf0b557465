--- Shows what the daemon publishes in the client's own vim.diagnostic namespace,
--- without what another source, gopls as a rule, shows at the same line already.
local M = {}

---@class hotdev.Published
---@field result lsp.PublishDiagnosticsParams without what is hidden
---@field context lsp.HandlerContext

---@type table<integer, table<string, hotdev.Published>> client id → URI → what is shown
local published = {}

--- A message in the form in which two sources' are compared.
---@param message string
---@return string
local function normal(message)
  return (message:lower():gsub('[%s\'"`]', ''))
end

--- Whether one of others, on the same line, says what d says.
---@param d lsp.Diagnostic
---@param others vim.Diagnostic[]
local function said(d, others)
  local text = normal(d.message)
  return vim.iter(others):any(function(other)
    local theirs = normal(other.message)
    return other.lnum == d.range.start.line
      and (theirs:find(text, 1, true) ~= nil or text:find(theirs, 1, true) ~= nil)
  end)
end

--- Leaves out of p what others show. It stays left out until the daemon
--- publishes the file again: while the line is being mended, the other source
--- takes its own back first.
---@param p hotdev.Published
---@return boolean changed
local function hide_doubles(p)
  local namespace = vim.lsp.diagnostic.get_namespace(p.context.client_id)
  local others = vim.tbl_filter(function(d)
    return d.namespace ~= namespace and d.message ~= ''
  end, vim.diagnostic.get(vim.uri_to_bufnr(p.result.uri)))
  local kept = vim.tbl_filter(function(d) return not said(d, others) end, p.result.diagnostics)
  local changed = #kept ~= #p.result.diagnostics
  p.result.diagnostics = kept
  return changed
end

---@param p hotdev.Published
local function show(p)
  -- A copy, as Neovim keeps and changes what it is given.
  vim.lsp.handlers['textDocument/publishDiagnostics'](nil, vim.deepcopy(p.result), p.context, {})
end

--- Handler of textDocument/publishDiagnostics.
---@param _ any
---@param result lsp.PublishDiagnosticsParams
---@param context lsp.HandlerContext
function M.on_publish(_, result, context)
  local p = { result = result, context = context }
  local byURI = vim.tbl_get(published, context.client_id) or {}
  published[context.client_id] = byURI
  if #result.diagnostics > 0 then
    byURI[result.uri] = p
    hide_doubles(p)
  else
    byURI[result.uri] = nil
  end
  show(p)
end

--- Forgets a client that has ended; Neovim clears its namespace.
---@param client_id integer
function M.drop(client_id)
  published[client_id] = nil
end

vim.api.nvim_create_autocmd('DiagnosticChanged', {
  group = vim.api.nvim_create_augroup('hotdev.diagnostics', {}),
  desc = 'hotdev: leave out what another source shows now',
  callback = function(event)
    if next(published) == nil then
      return
    end
    local uri = vim.uri_from_bufnr(event.buf)
    for _, byURI in pairs(published) do
      local p = byURI[uri]
      if p and hide_doubles(p) then
        show(p)
      end
    end
  end,
})

--- Puts everything that stands into the quickfix list and opens it.
function M.quickfix()
  local lsp = require('hotdev.lsp')
  lsp.request('hotdev/diagnostics', {}, function(result)
    local kinds = { error = 'E', warning = 'W', info = 'I', hint = 'N' }
    local items = {}
    for _, d in ipairs(result.diagnostics) do
      items[#items + 1] = {
        filename = d.file,
        lnum = d.line,
        col = d.col or 0,
        end_lnum = d.endLine or 0,
        end_col = d.endCol or 0,
        type = kinds[d.severity],
        text = d.message,
      }
      for _, related in ipairs(d.related or {}) do
        items[#items + 1] =
          { filename = related.file, lnum = related.line, col = related.col or 0, type = 'I', text = '  ' .. related.message }
      end
    end
    vim.fn.setqflist({}, ' ', { title = 'hotdev', items = items })
    if #items == 0 then
      vim.cmd.cclose()
      return lsp.tell('no errors')
    end
    vim.cmd('botright copen')
  end)
end

return M
