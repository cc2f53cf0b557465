--- The route table of the running version.
local M = {}

--- Shows the table; a row leads to its handler.
function M.open()
  require('hotdev.lsp').request('hotdev/routes', {}, function(result, client)
    local view = require('hotdev.view')
    local rows = { { 'method', 'path', 'hits', 'errors', 'p50', 'handler' } }
    local places = {}
    for i, route in ipairs(result.routes) do
      rows[i + 1] = {
        route.method,
        route.path,
        tostring(route.hits),
        tostring(route.errors),
        route.hits > 0 and ('%.1f ms'):format(route.p50) or '',
        route.handler,
      }
      places[i + 1] = route.file and { file = route.file, line = route.line or 1 } or nil
    end
    if #result.routes == 0 then
      return require('hotdev.lsp').tell('the running version has told of no routes')
    end
    view.table(('hotdev://%s/routes'):format(client.root_dir), 'hotdev-routes', client.root_dir, view.columns(rows), places)
  end)
end

return M
