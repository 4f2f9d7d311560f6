using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace NetSniff.Protocols.Http2.Hpack;

/// <summary>The static table of RFC 7541 appendix A, each entry already as a list holds it: the length of a line and
/// the line, `name: value`.</summary>
/// <remarks>Rows as long as two vectors, so that one is copied by one load and one store:
/// <code>
///    0      2                                  32          62            63
///   +------+----------------------------------+-----------+-------------+--------+
///   | size | name: value                      |     0     | name's size | header |
///   +------+----------------------------------+-----------+-------------+--------+
/// </code>
/// </remarks>
internal static class HpackStaticTable
{
    public const int Count = 61;

    private const int RowBytes = 64;
    private const int LengthSize = sizeof(ushort);
    private const int LineEnd = 32;
    private const int NameLengthAt = 62;
    private const int NameAt = 63;

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

    private static readonly byte[] s_rows = MakeRows();

    /// <summary>The first of the rows, which stands for no entry.</summary>
    public static ref byte Rows => ref MemoryMarshal.GetArrayDataReference(s_rows);

    /// <param name="rows"><see cref="Rows"/>.</param>
    /// <param name="index">1 to <see cref="Count"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte RowAt(ref byte rows, int index)
    {
        Debug.Assert(index is > 0 and <= Count);
        return ref Unsafe.Add(ref rows, index * RowBytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LineLengthOf(ref byte row) => Unsafe.ReadUnaligned<ushort>(ref row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NameLengthOf(ref byte row) => Unsafe.Add(ref row, NameLengthAt);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HeaderName NameOf(ref byte row) => (HeaderName)Unsafe.Add(ref row, NameAt);

    public static ReadOnlySpan<byte> LineOf(ref byte row) =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref row, LengthSize), LineLengthOf(ref row));

    private static byte[] MakeRows()
    {
        var rows = new byte[(1 + Count) * RowBytes];
        for (var index = 1; index <= Count; index++)
        {
            var row = rows.AsSpan(index * RowBytes, RowBytes);
            var length = Encoding.ASCII.GetBytes(s_entries[index - 1], row[LengthSize..LineEnd]);
            var nameLength = s_entries[index - 1].IndexOf(':', 1);
            BinaryPrimitives.WriteUInt16LittleEndian(row, (ushort)length);
            row[NameLengthAt] = (byte)nameLength;
            row[NameAt] = (byte)HeaderNames.Find(row.Slice(LengthSize, nameLength));
        }

        return rows;
    }
}
