using NetSniff.Protocols.Http2.Hpack;

namespace NetSniff.Protocols.Http2;

internal enum Http2Place : byte
{
    /// <summary>Nothing seen: the preface, or a first frame.</summary>
    Start,
    Framing,

    /// <summary>Somewhere between frames: looking for a chain of headers.</summary>
    Seeking,
}

/// <summary>What is known of one direction of a connection.</summary>
internal sealed class Http2Side
{
    public HpackDecoder Hpack { get; } = new();

    public Http2Place Place;

    /// <summary>Largest payload the other side allowed so far.</summary>
    public int FrameLengthMax = Http2FrameHeader.LengthDefaultMax;

    /// <summary>Bytes of the present frame that are body.</summary>
    public int DataLeft;

    /// <summary>Bytes of the present frame, behind the body, that nobody wants.</summary>
    public int SkipLeft;
    public uint DataStreamId;
    public bool IsDataEnding;

    /// <summary>When the first byte of what is held was shown; 0 while nothing is.</summary>
    public long HeldSinceNanos;

    /// <summary>The stream whose header block is open: CONTINUATION must follow. 0 for none.</summary>
    public uint BlockStreamId;

    /// <summary>The stream a PUSH_PROMISE opens with it, or 0.</summary>
    public uint BlockPromisedId;
    public bool IsBlockEnding;
    public long BlockStartNanos;

    /// <summary>The block is longer than we keep.</summary>
    public bool IsBlockLost;

    private byte[] _block = [];
    private int _blockLength;

    public int PayloadLeft => DataLeft + SkipLeft;

    public ReadOnlySpan<byte> Block => _block.AsSpan(0, _blockLength);

    /// <summary>Keeps a piece of a header block until its last one.</summary>
    public void Collect(ReadOnlySpan<byte> fragment)
    {
        var length = _blockLength + fragment.Length;
        if (IsBlockLost || length > Http2Parser.HeaderBlockBytesMax)
        {
            IsBlockLost = true;
            return;
        }

        if (length > _block.Length)
        {
            var pool = Http2Pool.Current;
            var block = pool.Rent(length);
            Block.CopyTo(block);
            pool.Return(_block);
            _block = block;
        }

        fragment.CopyTo(_block.AsSpan(_blockLength));
        _blockLength = length;
    }

    public void CloseBlock()
    {
        if (_block.Length > 0)
        {
            Http2Pool.Current.Return(_block);
            _block = [];
        }

        (_blockLength, BlockStreamId, BlockPromisedId, IsBlockLost) = (0, 0, 0, false);
    }

    /// <summary>Bytes were lost at an unknown place.</summary>
    public void Lose()
    {
        if (BlockStreamId != 0) CloseBlock();
        (DataLeft, SkipLeft, HeldSinceNanos, IsDataEnding) = (0, 0, 0, false);
        Hpack.Forget();
        Place = Http2Place.Seeking;
    }

    /// <summary>SETTINGS of the other side were not seen: take what comes.</summary>
    public void AllowAll()
    {
        Hpack.AllowAll();
        FrameLengthMax = Http2FrameHeader.FrameBytesMax;
    }

    public void Reset()
    {
        if (BlockStreamId != 0) CloseBlock();
        Hpack.Reset();
        (Place, FrameLengthMax) = (Http2Place.Start, Http2FrameHeader.LengthDefaultMax);
        (DataLeft, SkipLeft, HeldSinceNanos, IsDataEnding) = (0, 0, 0, false);
        (DataStreamId, IsBlockEnding, BlockStartNanos) = (0, false, 0);
    }
}
