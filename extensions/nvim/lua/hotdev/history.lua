--- The last reloads, and the way back to one of them.
local M = {}

--- Shows the reloads, newest first; a row leads to the first file that caused it
--- or to its first error.
function M.open()
  require('hotdev.lsp').request('hotdev/history', {}, function(result, client)
    local lines, places = {}, {}
    for i, reload in ipairs(result.reloads) do
      lines[i] = reload.time:match('T(%d%d:%d%d:%d%d)') .. '  ' .. require('hotdev.status').reload(reload)
      local wrong = reload.diagnostics and reload.diagnostics[1]
      if wrong then
        places[i] = { file = wrong.file, line = math.max(wrong.line, 1) }
      elseif reload.files[1] then
        places[i] = { file = reload.files[1], line = 1 }
      end
    end
    if #lines == 0 then
      return require('hotdev.lsp').tell('nothing was reloaded yet')
    end
    require('hotdev.view').table(('hotdev://%s/history'):format(client.root_dir), 'hotdev-history', client.root_dir, lines, places)
  end)
end

--- The revisions whose programs can have been kept, newest first.
---@return string[]
function M.revisions()
  local lsp = require('hotdev.lsp')
  local client = lsp.client(0)
  local result = client and lsp.request_now(client, 'hotdev/history')
  local revisions = {}
  for _, reload in ipairs(result and result.reloads or {}) do
    local rev = tostring(reload.backTo or reload.rev)
    if reload.buildID and not vim.list_contains(revisions, rev) then
      revisions[#revisions + 1] = rev
    end
  end
  return revisions
end

return M
