// A plain server of Node that answers with its cookies, read as the ecosystem's packages read them
// (cookie, cookie-parser, Express): split at ";", at the first "=", trimmed, the first of a name wins.
'use strict';

const http = require('node:http');

function parse(field) {
    const cookies = Object.create(null);
    for (const pair of field.split(';')) {
        const equals = pair.indexOf('=');
        const name = pair.slice(0, Math.max(equals, 0)).trim();
        let value = pair.slice(equals + 1).trim();
        if (equals < 0 || name in cookies) {
            continue;
        }
        value = value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
        try {
            cookies[name] = decodeURIComponent(value);
        } catch {
            cookies[name] = value;
        }
    }
    return cookies;
}

const server = http.createServer((request, response) => {
    const field = request.headers.cookie || '';
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({field, cookies: parse(field)}));
});

server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));
