--- The settings: the defaults below, overridden by vim.g.hotdev, overridden by setup().
local M = {}

---@class hotdev.Config
local defaults = {
  --- Command of the language server; its first element is also what :Hotdev attach runs.
  ---@type string[]
  cmd = { 'hotdev', 'lsp' },
  --- Join the workspace's daemon when a Go file is opened.
  enable = true,
  --- Start the app as soon as the daemon is joined and nothing was started yet.
  start = false,
  --- What vim.notify tells of reloads: 'all', 'problems' (what did not start, and crashes) or 'none'.
  ---@type 'all'|'problems'|'none'
  notify = 'problems',
  log = {
    --- Lines of the app's output that are kept.
    lines = 10000,
    --- Ex command that opens the window of the log and of the tables.
    split = 'botright 12split',
  },
  signs = {
    --- Breakpoint that the running version has.
    breakpoint = '●',
    --- Breakpoint that it does not have (yet).
    pending = '○',
  },
  dap = {
    --- Register with nvim-dap when that is loaded.
    enable = true,
  },
}

local choices = { notify = { 'all', 'problems', 'none' } }

---@type hotdev.Config?
local current

--- Says what is wrong with options, nil if nothing is.
---@param options table
---@param known table the defaults of the same level
---@param prefix string
---@return string?
local function mistake(options, known, prefix)
  for key, value in pairs(options) do
    local name, default = prefix .. tostring(key), known[key]
    if default == nil then
      return ('unknown option %q; see :help hotdev-config'):format(name)
    elseif type(value) ~= type(default) then
      return ('option %q must be a %s, not a %s'):format(name, type(default), type(value))
    elseif choices[key] and not vim.list_contains(choices[key], value) then
      return ('option %q must be one of %s'):format(name, table.concat(choices[key], ', '))
    elseif key == 'cmd' then
      if #value == 0 or not vim.iter(value):all(function(word) return type(word) == 'string' end) then
        return ('option %q must be a list of strings'):format(name)
      end
    elseif type(default) == 'table' then
      local inner = mistake(value, default, name .. '.')
      if inner then
        return inner
      end
    end
  end
end

--- Says what is wrong with options, nil if nothing is.
---@param options any
---@return string?
function M.check(options)
  if type(options) ~= 'table' then
    return ('options must be a table, not a %s'):format(type(options))
  end
  return mistake(options, defaults, '')
end

--- Overrides the settings; raises an error that names a wrong option.
---@param options table
function M.set(options)
  local wrong = M.check(options)
  if wrong then
    error('hotdev: ' .. wrong, 0)
  end
  current = vim.tbl_deep_extend('force', M.get(), options)
end

--- The settings in force. A vim.g.hotdev with a mistake is told of and left out.
---@return hotdev.Config
function M.get()
  if not current then
    local options = vim.g.hotdev or {}
    local wrong = M.check(options)
    if wrong then
      vim.notify('hotdev: vim.g.hotdev: ' .. wrong, vim.log.levels.ERROR)
      options = {}
    end
    current = vim.tbl_deep_extend('force', defaults, options)
  end
  return current
end

return M
