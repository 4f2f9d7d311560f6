using NetSniff.Packets;

namespace NetSniff.Fuzz.Captures;

/// <summary>A frame that owns its bytes, so that it can be changed, moved and left out.</summary>
internal sealed record CapturedFrame(
    byte[] Bytes, int WireLength, long TimeNanos, LinkType LinkType = LinkType.Ethernet, ushort Interface = 0)
{
    public CapturedFrame(byte[] bytes, long timeNanos)
        : this(bytes, bytes.Length, timeNanos)
    {
    }
}
