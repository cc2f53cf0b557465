-- Stands in for nvim-dap where that can't be had: the part of its surface that
-- the plugin and dap_spec.lua use, over real sessions with the debug adapter.
local M = {
  adapters = {},
  configurations = {},
  providers = { configs = {} },
}

local listener = { __index = function(events, event)
  events[event] = {}
  return events[event]
end }
M.listeners = { before = setmetatable({}, listener), after = setmetatable({}, listener) }

local breakpoints = require('dap.breakpoints')
local current ---@type table? the session

local Session = {}
Session.__index = Session

function Session:send(message)
  self.seq = self.seq + 1
  message.seq = self.seq
  local body = vim.json.encode(message)
  self.pipe:write(('Content-Length: %d\r\n\r\n%s'):format(#body, body))
end

function Session:request(command, arguments, callback)
  self:send({ type = 'request', command = command, arguments = arguments or vim.empty_dict() })
  self.waiting[self.seq] = callback or function(err)
    if err then
      error(('%s: %s'):format(command, err.message))
    end
  end
end

function Session:on_response(message)
  local callback = self.waiting[message.request_seq]
  self.waiting[message.request_seq] = nil
  local err = not message.success and { message = message.message } or nil
  callback(err, message.body)
  for _, heard in pairs(M.listeners.after[message.command]) do
    heard(self, err, message.body)
  end
end

function Session:set_breakpoints(set, done)
  for bufnr, list in pairs(set) do
    self:request('setBreakpoints', {
      source = { path = vim.api.nvim_buf_get_name(bufnr) },
      breakpoints = vim.tbl_map(function(b) return { line = b.line, condition = b.condition, logMessage = b.logMessage } end, list),
    }, done)
  end
  if done and next(set) == nil then
    done()
  end
end

function Session:evaluate(expression, callback)
  self:request('evaluate', { expression = expression, frameId = self.current_frame.id, context = 'repl' }, callback)
end

function Session:on_event(event, body)
  if event == 'initialized' then
    self:set_breakpoints(breakpoints.get(), function()
      self:request('configurationDone', nil, function() self.initialized = true end)
    end)
  elseif event == 'stopped' then
    self:request('stackTrace', { threadId = body.threadId }, function(err, trace)
      self.stopped_thread_id = body.threadId
      self.current_frame = not err and trace.stackFrames[1] or nil
    end)
  elseif event == 'continued' then
    self.stopped_thread_id, self.current_frame = nil, nil
  elseif event == 'terminated' then
    self:close()
  end
  for _, heard in pairs(M.listeners.after['event_' .. event]) do
    heard(self, body)
  end
end

function Session:close()
  if not self.closed then
    self.closed = true
    self.pipe:close()
    current = nil
  end
end

--- Connects to an adapter of type pipe and begins a session.
local function connect(adapter, config)
  assert(adapter.type == 'pipe', adapter.type)
  local session = setmetatable({ id = 1, seq = 0, waiting = {}, config = config, pipe = vim.uv.new_pipe() }, Session)
  current = session
  session.pipe:connect(adapter.pipe, function(err)
    assert(not err, err)
    local text = ''
    session.pipe:read_start(vim.schedule_wrap(function(_, chunk)
      if not chunk then
        return session:close()
      end
      text = text .. chunk
      while true do
        local length, from = text:match('^Content%-Length: (%d+)\r\n\r\n()')
        if not length or #text < from + length - 1 then
          return
        end
        local message = vim.json.decode(text:sub(from, from + length - 1), { luanil = { object = true } })
        text = text:sub(from + length)
        if message.type == 'event' then
          session:on_event(message.event, message.body)
        else
          session:on_response(message)
        end
      end
    end))
    vim.schedule(function()
      session:request('initialize', { adapterID = 'hotdev', clientID = 'neovim' }, function()
        session:request(config.request, config)
      end)
    end)
  end)
end

function M.run(config)
  M.adapters[config.type](function(adapter) connect(adapter, config) end, config)
end

function M.session() return current end
function M.sessions() return { current } end

function M.continue()
  current:request('continue', { threadId = current.stopped_thread_id }, function()
    current.stopped_thread_id, current.current_frame = nil, nil
  end)
end

function M.disconnect()
  current:request('disconnect', {}, function() end)
end

--- Tells the session of the current buffer's breakpoints.
local function told(change)
  change()
  if current then
    local bufnr = vim.api.nvim_get_current_buf()
    current:set_breakpoints({ [bufnr] = breakpoints.get(bufnr)[bufnr] or {} })
  end
end

function M.set_breakpoint(condition, _, message)
  told(function() breakpoints.set(condition, message) end)
end

function M.toggle_breakpoint() told(breakpoints.toggle) end
function M.clear_breakpoints() told(breakpoints.clear) end

return M
