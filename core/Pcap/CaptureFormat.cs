using System.Buffers.Binary;

namespace NetSniff.Pcap;

/// <summary>What the first bytes of a file say it is.</summary>
public enum CaptureFormat : byte { Unknown, Pcap, Pcapng, Gzip, Zstd }

public static class CaptureFormats
{
    /// <summary>Bytes that settle it.</summary>
    public const int HeadBytes = 4;

    internal const uint PcapngSection = 0x0A0D_0D0A; // reads the same in both byte orders
    internal const uint PcapMicro = 0xA1B2_C3D4;
    internal const uint PcapNano = 0xA1B2_3C4D;

    /// <summary>The patched libpcap of Alexey Kuznetsov: record headers are eight bytes longer.</summary>
    internal const uint PcapModified = 0xA1B2_CD34;

    private const uint ZstdFrame = 0xFD2F_B528; // RFC 8878 section 3.1.1
    private const ushort GzipFrame = 0x8B1F; // RFC 1952 section 2.3.1

    public static CaptureFormat Recognise(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadBytes) return CaptureFormat.Unknown;

        var magic = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (magic == PcapngSection) return CaptureFormat.Pcapng;
        if (IsPcap(magic) || IsPcap(BinaryPrimitives.ReverseEndianness(magic))) return CaptureFormat.Pcap;
        if (magic == ZstdFrame) return CaptureFormat.Zstd;
        return (ushort)magic == GzipFrame ? CaptureFormat.Gzip : CaptureFormat.Unknown;
    }

    internal static bool IsPcap(uint magic) => magic is PcapMicro or PcapNano or PcapModified;
}
