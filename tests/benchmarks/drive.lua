-- The requests of one run: a method, a path and a body, with a volume's number in them.
-- Arguments: method, path, body, first number, last number, "any" or "each", words with commas between.

local BEGIN = 1735689600000 -- rows.BEGIN in milliseconds
local method, path, body, first, last, order, words
local serial = 0
local number

local tell = {
  id = function()
    local at = BEGIN + number
    return string.format(
      "%08x-%04x-7000-8000-%012x", math.floor(at / 65536), at % 65536, number)
  end,
  word = function() return words[number % #words + 1] end,
  number = function() return string.format("%07d", number) end,
  tail = function() return string.format("%05d", number % 100000) end,
  serial = function() return tostring(serial) end,
}

local function filled(text)
  return (text:gsub("{(%l+)}", function(name) return tell[name] and tell[name]() end))
end

function init(arguments)
  method, path, body = arguments[1], arguments[2], arguments[3]
  first, last, order = tonumber(arguments[4]), tonumber(arguments[5]), arguments[6]
  words = {}
  for word in arguments[7]:gmatch("[^,]+") do words[#words + 1] = word end
  math.randomseed(first + last)
end

function request()
  if order == "any" then
    number = math.random(first, last)
  else
    number = first + serial % (last - first + 1)
  end
  serial = serial + 1
  return wrk.format(method, filled(path), nil, body ~= "" and filled(body) or nil)
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "refused": %d, "broken": %d}',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
