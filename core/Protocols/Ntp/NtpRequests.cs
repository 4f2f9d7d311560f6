namespace NetSniff.Protocols.Ntp;

/// <summary>A question that waits for its answer.</summary>
internal struct NtpRequest
{
    public NtpMessage Message;
    public long SeenNanos;
}

/// <summary>Questions without an answer yet, of all flows of a shard: a few a flow, in slots of one array.</summary>
/// <remarks>A flow's word is its slot's number plus one; slots are freed when nothing waits in them.</remarks>
internal sealed class NtpRequests
{
    /// <summary>Flows with something waiting; beyond that a question is told at once, as unanswered.</summary>
    public const int FlowsMax = 8192;

    /// <summary>Questions of one flow: a client sends its bursts of eight two seconds apart (RFC 5905 section 13).
    /// </summary>
    public const int PerFlowMax = 8;

    private const int ChunkFlows = 64;

    private readonly NtpRequest[][] _chunks = new NtpRequest[FlowsMax / ChunkFlows][];
    private readonly int[] _counts = new int[FlowsMax];
    private readonly int[] _nextFree = new int[FlowsMax];
    private int _free = -1;
    private int _touched;

    /// <summary>Questions that found no room.</summary>
    public long Refused { get; private set; }

    public int Count(uint slot) => slot == 0 ? 0 : _counts[slot - 1];

    public ref readonly NtpRequest At(uint slot, int index) => ref Row(slot)[index];

    /// <summary>Keeps a question; false when there is no room. The flow has fewer than <see cref="PerFlowMax"/>.
    /// </summary>
    public bool TryKeep(ref uint slot, in NtpRequest request)
    {
        if (slot == 0 && !TryOpen(out slot))
        {
            Refused++;
            return false;
        }

        Row(slot)[_counts[slot - 1]++] = request;
        return true;
    }

    /// <summary>Takes one out; the others keep their order. The last one frees the slot.</summary>
    public void Remove(ref uint slot, int index)
    {
        var row = Row(slot);
        var count = --_counts[slot - 1];
        row[(index + 1)..(count + 1)].CopyTo(row[index..]);
        if (count > 0) return;

        _nextFree[slot - 1] = _free;
        _free = (int)slot - 1;
        slot = 0;
    }

    public void Clear() => (_free, _touched, Refused) = (-1, 0, 0);

    private bool TryOpen(out uint slot)
    {
        slot = 0;
        var index = _free;
        if (index >= 0) _free = _nextFree[index];
        else if (_touched < FlowsMax) index = _touched++;
        else return false;

        _chunks[index / ChunkFlows] ??= new NtpRequest[ChunkFlows * PerFlowMax];
        _counts[index] = 0;
        slot = (uint)index + 1;
        return true;
    }

    private Span<NtpRequest> Row(uint slot)
    {
        var index = (int)slot - 1;
        return _chunks[index / ChunkFlows].AsSpan(index % ChunkFlows * PerFlowMax, PerFlowMax);
    }
}
