using NetSniff.Cli.Outputs.Pcapng;
using NetSniff.Packets;

namespace NetSniff.Cli.Capturing;

/// <summary>The packets that go out, of one thread or several.</summary>
/// <param name="countMax">Stop after so many; 0 for no end.</param>
internal sealed class PacketCopy(PcapngWriter writer, long countMax)
{
    private readonly Lock _lock = new();
    private bool _isFull;

    public bool IsFull => Volatile.Read(ref _isFull);

    public void Write(in Frame frame)
    {
        lock (_lock)
        {
            if (_isFull) return;

            writer.Write(frame, frame.Bytes);
            Settle();
        }
    }

    public void WriteHeld(HeldPackets held, ulong flow)
    {
        lock (_lock)
        {
            if (_isFull) return;

            held.Release(flow, writer);
            Settle();
        }
    }

    /// <summary>What the capture counted, for those who read the file later.</summary>
    public void WriteStatistics(LedgerSum ledger)
    {
        if (ledger.Offered is not { } offered) return;

        lock (_lock)
        {
            writer.WriteStatistics(offered, ledger.Lost);
            writer.Flush();
        }
    }

    public void Flush()
    {
        lock (_lock) writer.Flush();
    }

    private void Settle()
    {
        if (countMax > 0 && writer.Written >= countMax) Volatile.Write(ref _isFull, true);
    }
}
