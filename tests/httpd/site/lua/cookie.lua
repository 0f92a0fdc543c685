-- The Cookie field as mod_lua sees it; and the Set-Cookie line of the request's X-Line.

function handle(r)
    r.content_type = "text/plain"
    r.err_headers_out["Set-Cookie"] = r.headers_in["X-Line"]
    r:puts(r.headers_in["Cookie"] or "")
    return apache2.OK
end
