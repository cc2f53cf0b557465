--- What init files, statuslines and mappings use. The commands of :Hotdev are
--- functions here too: require('hotdev').reload(), .logs(), .why('main.go'), …
local M = {}

--- Overrides settings; not needed for the defaults. See :help hotdev-config.
---@param options? table
function M.setup(options)
  require('hotdev.config').set(options or {})
  require('hotdev.lsp').configure()
end

local enabled = false

--- Joins daemons for Go files from now on, and nvim-dap when it is loaded. The
--- plugin calls it at start-up; it does nothing where the settings say so.
function M.enable()
  if enabled then
    return
  end
  enabled = true
  local config = require('hotdev.config').get()
  if config.enable then
    require('hotdev.lsp').enable()
  end
  if config.dap.enable then
    require('hotdev.dap').enable()
  end
end

--- One short line about the workspace of the current buffer; '' if there is none.
---@return string
function M.statusline()
  if not package.loaded['hotdev.lsp'] then
    return ''
  end
  return require('hotdev.status').statusline()
end

--- The state of the workspace of a buffer (0: the current one) as the daemon told it last.
---@param bufnr? integer
---@return hotdev.Status?
function M.status(bufnr)
  local client = require('hotdev.lsp').client(bufnr or 0)
  return client and require('hotdev.workspace').get(client.id).status
end

return setmetatable(M, {
  __index = function(_, name)
    local command = require('hotdev.command').commands[name]
    if command then
      return function(...)
        require('hotdev.command').run({ name, ... })
      end
    end
  end,
})
