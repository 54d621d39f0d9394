/** The page for those who have no token. It says where the address is, and nothing else. */
export const doorPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>403</title>
<p>This book has a root shell in it, so it opens only at its own address. It is printed in the
terminal where the book was started: <code>http://127.0.0.1:…/?token=…</code></p>
<p lang="zh">这本书里有一个 root shell，所以只能用它自己的地址打开。启动这本书的终端里印着这个地址：
<code>http://127.0.0.1:…/?token=…</code></p>
</html>
`
