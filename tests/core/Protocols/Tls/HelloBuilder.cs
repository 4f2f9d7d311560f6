using System.Buffers.Binary;

namespace NetSniff.Tests.Protocols.Tls;

/// <summary>Puts hellos together from the lists a reader knows them by.</summary>
internal sealed class HelloBuilder
{
    private readonly List<byte[]> _extensions = [];

    public ushort Version { get; init; } = 0x0303;

    public byte[] SessionId { get; init; } = [];

    public byte[]? Cookie { get; init; }

    public ushort[] Ciphers { get; init; } = [0x1301];

    public bool HasExtensions { get; init; } = true;

    public static byte[] Words(params ushort[] values)
    {
        var bytes = new byte[2 * values.Length];
        for (var index = 0; index < values.Length; index++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2 * index), values[index]);
        }

        return bytes;
    }

    public static byte[] Long(byte[] body) => [(byte)(body.Length >> 8), (byte)body.Length, .. body];

    public static byte[] Short(byte[] body) => [(byte)body.Length, .. body];

    public static byte[] Record(byte type, byte[] body, ushort version = 0x0303) =>
        [type, .. Words(version), .. Long(body)];

    public static byte[] Message(byte type, byte[] body) =>
        [type, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];

    public HelloBuilder Extension(ushort type, params byte[] body)
    {
        _extensions.Add([.. Words(type), .. Long(body)]);
        return this;
    }

    public HelloBuilder Name(string name) =>
        Extension(0, Long([0, .. Long(System.Text.Encoding.ASCII.GetBytes(name))]));

    public HelloBuilder Protocols(params string[] names) =>
        Extension(16, Long([.. names.SelectMany(name => Short(System.Text.Encoding.Latin1.GetBytes(name)))]));

    public HelloBuilder Groups(params ushort[] groups) => Extension(10, Long(Words(groups)));

    public HelloBuilder Algorithms(params ushort[] algorithms) => Extension(13, Long(Words(algorithms)));

    public HelloBuilder Versions(params ushort[] versions) => Extension(43, Short(Words(versions)));

    /// <summary>The body of a ClientHello.</summary>
    public byte[] Client() =>
    [
        .. Words(Version), .. new byte[32], .. Short(SessionId), .. Cookie is null ? [] : Short(Cookie),
        .. Long(Words(Ciphers)), 1, 0, .. Block(),
    ];

    /// <summary>The body of a ServerHello; the first cipher is the one chosen.</summary>
    public byte[] Server(byte[]? random = null) =>
        [.. Words(Version), .. random ?? new byte[32], .. Short(SessionId), .. Words(Ciphers[0]), 0, .. Block()];

    public byte[] ClientRecord() => Record(22, Message(1, Client()), 0x0301);

    public byte[] ServerRecord(byte[]? random = null) => Record(22, Message(2, Server(random)));

    private byte[] Block() => HasExtensions ? Long([.. _extensions.SelectMany(extension => extension)]) : [];
}
