-- types.lua mirrors rpc/protocol: its classes are held to the golden files that
-- the Go types are held to.
local T = ...

local golden = vim.fs.normalize(T.root .. '/../../rpc/protocol/testdata/golden')

---@class Field
---@field type string
---@field optional boolean

local classes, aliases = {}, {} ---@type table<string, table<string, Field>>, table<string, table<string, true>>

--- Reads the annotations of types.lua.
local function read()
  local class, alias
  for line in io.lines(T.root .. '/lua/hotdev/types.lua') do
    local name = line:match('^%-%-%-@class hotdev%.(%w+)$')
    local field, optional, kind = line:match('^%-%-%-@field (%w+)(%??) (%S+)')
    if name then
      class, alias = {}, nil
      classes[name] = class
    elseif field then
      class[field] = { type = kind, optional = optional == '?' }
    elseif line:match('^%-%-%-@alias') then
      class, alias = nil, {}
      aliases[line:match('hotdev%.%w+')] = alias
    elseif line:match("^%-%-%-| '") then
      alias[line:match("'(%w+)'")] = true
    end
  end
end

--- Says what is wrong with value as a kind, nil if nothing is.
local function mismatch(value, kind, where)
  local element = kind:match('^(.*)%[%]$')
  if element then
    if not vim.islist(value) then
      return where .. ' is not a list'
    end
    for i, item in ipairs(value) do
      local wrong = mismatch(item, element, ('%s[%d]'):format(where, i))
      if wrong then
        return wrong
      end
    end
  elseif kind == 'integer' then
    return (type(value) ~= 'number' or value % 1 ~= 0) and where .. ' is not an integer' or nil
  elseif kind == 'string' or kind == 'number' or kind == 'boolean' then
    return type(value) ~= kind and ('%s is not a %s'):format(where, kind) or nil
  elseif kind:sub(1, 1) == "'" then
    return not vim.list_contains(vim.split(kind, '|', { plain = true }), ("'%s'"):format(value))
      and ('%s is %q, not one of %s'):format(where, value, kind) or nil
  elseif aliases[kind] then
    return not aliases[kind][value] and ('%s is %q, no %s'):format(where, value, kind) or nil
  else
    local class = classes[kind:match('^hotdev%.(%w+)$')]
    if not class then
      return ('%s is a %s, which types.lua does not have'):format(where, kind)
    end
    for member in pairs(value) do
      if not class[member] then
        return ('%s.%s is not in types.lua'):format(where, member)
      end
    end
    for member, field in pairs(class) do
      if value[member] == nil then
        return ('%s.%s is in types.lua alone'):format(where, member)
      end
      local wrong = mismatch(value[member], field.type, where .. '.' .. member)
      if wrong then
        return wrong
      end
    end
  end
end

T.test('types.lua has the members of every golden file', function()
  read()
  local files = vim.fn.glob(golden .. '/*.json', true, true)
  assert(#files > 20, 'too few golden files in ' .. golden)
  local wrong = {}
  for _, file in ipairs(files) do
    local name = vim.fn.fnamemodify(file, ':t:r')
    local value = vim.json.decode(table.concat(vim.fn.readfile(file), '\n'))
    wrong[#wrong + 1] = mismatch(value, 'hotdev.' .. name, name)
  end
  T.eq(wrong, {})
end)

T.test('every class of types.lua has a golden file', function()
  for name in pairs(classes) do
    assert(vim.uv.fs_stat(('%s/%s.json'):format(golden, name)), name .. ' has none')
  end
end)

T.test('what is optional in Go is optional in types.lua', function()
  local source = table.concat(vim.fn.readfile(T.root .. '/../../rpc/protocol/hotdev.go'), '\n')
  local checked = 0
  for name, body in source:gmatch('\ntype (%w+) struct (%b{})') do
    for member, rest in body:gmatch('json:"(%w+)([^"]*)"') do
      local field = assert(classes[name] and classes[name][member], name .. '.' .. member)
      T.eq({ name, member, field.optional }, { name, member, rest == ',omitzero' })
      checked = checked + 1
    end
  end
  assert(checked > 100, 'too few members')
end)
