using NetSniff.Records;

namespace NetSniff.Protocols;

/// <summary>What the pipeline tells a parser beside the bytes, and what it takes back. One per shard, filled in before
/// every call.</summary>
/// <param name="finish">Writes down whose records these are, if that was <see cref="PutOff"/>.</param>
public sealed class ParseContext(RecordSink records, Action? finish = null)
{
    private bool _isPutOff;

    public RecordSink Records
    {
        get
        {
            if (_isPutOff) Finish();
            return records;
        }
    }

    /// <summary>When the packet that completed these bytes was captured; nanoseconds since 1970 UTC.</summary>
    public long NowNanos;

    public ulong FlowId;

    /// <summary>The capture began after the connection had: records must not pretend to be whole.</summary>
    public bool IsMidstream;

    /// <summary>When these bytes were captured, if they had to wait for a hole to be filled or given up; 0 otherwise.
    /// </summary>
    public long LateNanos;

    /// <summary>When these bytes were captured.</summary>
    public long SaidNanos => LateNanos != 0 ? LateNanos : NowNanos;

    /// <summary>Bytes of the other direction wait for a hole to be filled: what was said there before this is not all
    /// known.</summary>
    public bool IsOtherBehind;

    /// <summary>Datagram parsers: bytes at the datagram's end that the capture left out (its snap length). A message
    /// that ends too soon is then cut, which makes its record partial, and not malformed.</summary>
    public int MissingBytes;

    /// <summary>In <see cref="Slot"/>: the rest of the word is kept, but at the flow's end there is nothing to do.
    /// </summary>
    public const uint NothingOpen = 0x8000_0000;

    /// <summary>Datagram parsers: a word of the flow that is theirs, zero at first. Set a value without
    /// <see cref="NothingOpen"/> to have <see cref="DatagramParser.EndFlow"/> called.</summary>
    public uint Slot;

    /// <summary>The flow's label (index in <see cref="Apps"/>); a parser may deepen it: http2 to grpc.</summary>
    public ushort App;

    /// <summary>Which protocol takes over when a parse ends in <see cref="ParseStatus.Upgrade"/>; null to look afresh.
    /// </summary>
    public string? UpgradeTo;

    /// <summary>Whose records these are is not written down before one is made: most calls make none.</summary>
    public void PutOff() => _isPutOff = true;

    /// <summary>Whose records these are is written down, or does not matter any more.</summary>
    public void Settle() => _isPutOff = false;

    /// <summary>Records of this call have client and server the other way round.</summary>
    public void SwapSides()
    {
        ref var head = ref Records.Context;
        (head.Client, head.Server) = (head.Server, head.Client);
        (head.ClientPort, head.ServerPort) = (head.ServerPort, head.ClientPort);
    }

    private void Finish()
    {
        _isPutOff = false;
        finish?.Invoke();
    }
}
