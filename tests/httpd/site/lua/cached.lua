-- Answers one path before any other module does, with a response that may be stored.
function quick(r)
    if r.uri ~= "/lua-quick" then
        return apache2.DECLINED
    end
    r.content_type = "text/plain"
    r.headers_out["Cache-Control"] = "max-age=600"
    r.headers_out["Set-Cookie"] = "quick=cgsecretquick"
    r:puts("from mod_lua")
    return apache2.OK
end
