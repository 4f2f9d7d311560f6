using System.Text;

namespace NetSniff.Protocols.Http2.Hpack;

/// <summary>The static table of RFC 7541 appendix A, each entry already as the line `name: value` it is shown as.
/// </summary>
internal static class HpackStaticTable
{
    public const int Count = 61;

    private static readonly string[] s_entries =
    [
        ":authority: ", ":method: GET", ":method: POST", ":path: /", ":path: /index.html", ":scheme: http",
        ":scheme: https", ":status: 200", ":status: 204", ":status: 206", ":status: 304", ":status: 400",
        ":status: 404", ":status: 500", "accept-charset: ", "accept-encoding: gzip, deflate", "accept-language: ",
        "accept-ranges: ", "accept: ", "access-control-allow-origin: ", "age: ", "allow: ", "authorization: ",
        "cache-control: ", "content-disposition: ", "content-encoding: ", "content-language: ", "content-length: ",
        "content-location: ", "content-range: ", "content-type: ", "cookie: ", "date: ", "etag: ", "expect: ",
        "expires: ", "from: ", "host: ", "if-match: ", "if-modified-since: ", "if-none-match: ", "if-range: ",
        "if-unmodified-since: ", "last-modified: ", "link: ", "location: ", "max-forwards: ",
        "proxy-authenticate: ", "proxy-authorization: ", "range: ", "referer: ", "refresh: ", "retry-after: ",
        "server: ", "set-cookie: ", "strict-transport-security: ", "transfer-encoding: ", "user-agent: ", "vary: ",
        "via: ", "www-authenticate: ",
    ];

    private static readonly Line[] s_lines = [.. s_entries.Select(entry => new Line(entry))];

    /// <param name="index">1 to <see cref="Count"/>.</param>
    public static ReadOnlySpan<byte> LineAt(int index, out int nameLength, out HeaderName name)
    {
        ref readonly var line = ref s_lines[index - 1];
        nameLength = line.NameLength;
        name = line.Name;
        return line.Bytes;
    }

    private readonly struct Line
    {
        public Line(string entry)
        {
            Bytes = Encoding.ASCII.GetBytes(entry);
            NameLength = entry.IndexOf(':', 1);
            Name = HeaderNames.Find(Bytes.AsSpan(0, NameLength));
        }

        public byte[] Bytes { get; }

        public int NameLength { get; }

        public HeaderName Name { get; }
    }
}
