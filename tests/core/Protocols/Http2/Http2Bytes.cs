using System.Text;

namespace NetSniff.Tests.Protocols.Http2;

/// <summary>Frames of RFC 9113, and header blocks without compression (RFC 7541 section 6.2.2).</summary>
internal static class Http2Bytes
{
    public const byte EndStream = 1, EndHeaders = 4, Padded = 8, Priority = 0x20;

    public static byte[] Preface { get; } = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0, [])];

    public static byte[] Settings { get; } = Frame(4, 0, 0, []);

    public static byte[] Frame(byte type, byte flags, uint stream, byte[] payload) =>
    [
        (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags,
        (byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream, .. payload,
    ];

    public static byte[] Headers(uint stream, bool isEnd, params string[] fields) =>
        Frame(1, (byte)(EndHeaders | (isEnd ? EndStream : 0)), stream, Block(fields));

    public static byte[] Data(uint stream, bool isEnd, byte[] bytes) =>
        Frame(0, isEnd ? EndStream : (byte)0, stream, bytes);

    public static byte[] Get(uint stream, string path) =>
        Headers(stream, isEnd: true, ":method", "GET", ":scheme", "http", ":path", path, ":authority", "shop");

    /// <summary>Names and values in turn.</summary>
    public static byte[] Block(params string[] fields)
    {
        List<byte> block = [];
        for (var index = 0; index < fields.Length; index++)
        {
            if (index % 2 == 0) block.Add(0);
            block.Add((byte)fields[index].Length);
            block.AddRange(Encoding.Latin1.GetBytes(fields[index]));
        }

        return [.. block];
    }
}
