using System.Diagnostics;

namespace NetSniff.Protocols.Grpc;

/// <summary>Counts the messages of one direction of a call: each stands behind a flag and its length (gRPC over HTTP2,
/// "Length-Prefixed-Message"). Works over bytes chopped anywhere and keeps none of them.</summary>
internal struct GrpcFraming
{
    private const int PrefixBytes = 5;

    /// <summary>gRPC-Web puts its trailers into the body behind this flag.</summary>
    private const byte TrailersFlag = 0x80;
    private const byte CompressedFlag = 0x01;

    private uint _left;
    private uint _length;
    private byte _prefixSeen;
    private bool _isTrailers;

    /// <summary>Whole messages.</summary>
    public ulong Messages { get; private set; }

    /// <summary>Their bytes, without prefixes, compressed or not.</summary>
    public ulong Bytes { get; private set; }

    /// <summary>The place was lost, or it never was this framing: the counts have stopped.</summary>
    public bool IsLost { get; private set; }

    public void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !IsLost)
        {
            if (_prefixSeen == PrefixBytes)
            {
                var step = (int)Math.Min(_left, (uint)bytes.Length);
                _left -= (uint)step;
                bytes = bytes[step..];
                if (_left == 0) EndMessage();
                continue;
            }

            TakePrefix(bytes[0]);
            bytes = bytes[1..];
        }
    }

    /// <summary>Bytes that are missing from the capture.</summary>
    public void Skip(long count)
    {
        Debug.Assert(count > 0);
        if (_prefixSeen != PrefixBytes || count > _left)
        {
            IsLost = true;
            return;
        }

        _left -= (uint)count;
        if (_left == 0) EndMessage();
    }

    private void TakePrefix(byte octet)
    {
        if (_prefixSeen++ == 0)
        {
            // Anything else is another framing, such as the base64 of gRPC-Web's text form.
            IsLost = (octet & ~(TrailersFlag | CompressedFlag)) != 0;
            _isTrailers = (octet & TrailersFlag) != 0;
            _length = 0;
            return;
        }

        _length = _length << 8 | octet;
        if (_prefixSeen != PrefixBytes) return;

        _left = _length;
        if (_left == 0) EndMessage();
    }

    private void EndMessage()
    {
        _prefixSeen = 0;
        if (_isTrailers) return;

        Messages++;
        Bytes += _length;
    }
}
