using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Worker.Enrich;

/// <summary>Writes into the headers of records who their ends were when they began.</summary>
/// <remarks>One thread. Keeps the last answers beside each other, for the same few addresses come again and again; an
/// answer is used only within the time for which it holds, and all are forgotten with the snapshot they came from.
/// </remarks>
public sealed class Enricher(IdentityBook book)
{
    // 48 bytes each: together they stay in a core's own cache.
    private const int KeptBits = 11;

    private readonly Kept[] _kept = new Kept[1 << KeptBits];
    private IdentitySnapshot _snapshot = IdentitySnapshot.Empty;

    /// <summary>Records seen.</summary>
    public long Records { get; private set; }

    /// <summary>Ends that got a name, and those that got a reason for having none.</summary>
    public long Named { get; private set; }

    public long WithoutName { get; private set; }

    public IEnumerable<LedgerLine> Ledger()
    {
        yield return new LedgerLine("enrich", "records", Records, IsLoss: false);
        yield return new LedgerLine("enrich", "ends named", Named, IsLoss: false);
        yield return new LedgerLine("enrich", "ends without a name", WithoutName, IsLoss: false);
    }

    /// <summary>Names both ends of each record.</summary>
    /// <param name="records">Whole records, one after the other.</param>
    public void Enrich(Span<byte> records)
    {
        var snapshot = book.Snapshot;
        if (snapshot != _snapshot)
        {
            _snapshot = snapshot;
            Array.Clear(_kept);
        }

        while (!records.IsEmpty)
        {
            ref var header = ref MemoryMarshal.AsRef<RecordHeader>(records);
            header.ClientPeer = Find(header.Client, header.ClientPort, header.Protocol, header.TimeNanos);
            header.ServerPeer = Find(header.Server, header.ServerPort, header.Protocol, header.TimeNanos);
            Records++;
            records = records[header.Length..];
        }
    }

    private uint Find(Address address, ushort port, byte protocol, long timeNanos)
    {
        var mixed = (address.First ^ (address.Second * 0x9E37_79B9_7F4A_7C15)) * 0xD6E8_FEB8_6659_FD93;
        var place = mixed >> (64 - KeptBits);
        ref var kept = ref _kept[place];
        if (!kept.Address.Equals(address) || timeNanos < kept.FromNanos || timeNanos >= kept.UntilNanos
            || (kept.IsByPort && (kept.Port != port || kept.Protocol != protocol)))
        {
            var answer = _snapshot.Answer(address, port, protocol, timeNanos);
            kept = new Kept
            {
                Address = address,
                FromNanos = answer.FromNanos,
                UntilNanos = answer.UntilNanos,
                Peer = answer.Peer,
                IsNamed = Peers.Of(answer.Peer).Name.Length > 0,
                Port = port,
                Protocol = protocol,
                IsByPort = answer.IsByPort,
            };
        }

        if (kept.IsNamed) Named++;
        else WithoutName++;
        return kept.Peer;
    }

    private struct Kept
    {
        public Address Address;
        public long FromNanos;

        /// <summary>0 where nothing is kept yet.</summary>
        public long UntilNanos;
        public uint Peer;
        public ushort Port;
        public byte Protocol;
        public bool IsByPort;
        public bool IsNamed;
    }
}
