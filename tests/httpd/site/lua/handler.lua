-- The three ways of mod_lua, and its quick handler. Each sets the line of X-Line.

local function answer(r, table_name)
    r.content_type = "text/plain"
    r[table_name]["Set-Cookie"] = r.headers_in["X-Line"]
    r:puts("lua\n")
    return apache2.OK
end

function handle_out(r)
    return answer(r, "headers_out")
end

function handle_err(r)
    return answer(r, "err_headers_out")
end

function handle_setcookie(r)
    r.content_type = "text/plain"
    r:setcookie{key = "bare_setcookie", value = r.headers_in["X-Value"], path = "/"}
    r:puts("lua\n")
    return apache2.OK
end

function handle_status(r)
    r.status = 404
    r.err_headers_out["Set-Cookie"] = r.headers_in["X-Line"]
    return 404
end

-- A header that httpd refuses at the last moment.
function handle_refused(r)
    r.content_type = "text/plain"
    r.err_headers_out["Set-Cookie"] = r.headers_in["X-Line"]
    r.headers_out["X-Bad"] = "a\1b"
    r:puts("never seen\n")
    return apache2.OK
end

function fixups(r)
    r.err_headers_out["Set-Cookie"] = r.headers_in["X-Line"]
    return apache2.DECLINED
end

function filter(r)
    r.headers_out["Set-Cookie"] = r.headers_in["X-Line"]
    coroutine.yield("")
    while bucket ~= nil do
        coroutine.yield(bucket)
    end
    coroutine.yield("")
end

function quick(r)
    if r.uri == "/lua/quick/out" then
        return answer(r, "headers_out")
    elseif r.uri == "/lua/quick/err" then
        return answer(r, "err_headers_out")
    end
    return apache2.DECLINED
end
