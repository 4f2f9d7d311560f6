using System.Buffers.Binary;
using NetSniff.Packets;

namespace NetSniff.Pcap;

/// <summary>A frame as it was on the wire: the VLAN tag that the network card took out is put back.</summary>
public static class WholeFrame
{
    public const int TagBytes = 4;
    private const int TagOffset = 12; // behind the two addresses
    private const ushort UsualType = 0x8100; // IEEE 802.1Q

    /// <summary>Bytes the tag adds.</summary>
    public static int Added(in Frame frame) =>
        frame.HasStrippedTag && frame.LinkType == LinkType.Ethernet && frame.CapturedLength >= TagOffset
            ? TagBytes
            : 0;

    /// <summary>Writes the frame, which has <see cref="Added"/> more bytes than were captured.</summary>
    public static void CopyTo(in Frame frame, Span<byte> target)
    {
        var bytes = frame.Bytes;
        if (Added(in frame) == 0)
        {
            bytes.CopyTo(target);
            return;
        }

        bytes[..TagOffset].CopyTo(target);
        var type = frame.StrippedVlanType == 0 ? UsualType : frame.StrippedVlanType;
        BinaryPrimitives.WriteUInt16BigEndian(target[TagOffset..], type);
        BinaryPrimitives.WriteUInt16BigEndian(target[(TagOffset + 2)..], frame.StrippedVlan);
        bytes[TagOffset..].CopyTo(target[(TagOffset + TagBytes)..]);
    }
}
