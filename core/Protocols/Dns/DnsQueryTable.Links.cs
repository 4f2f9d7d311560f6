using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NetSniff.Records;

namespace NetSniff.Protocols.Dns;

/// <summary>The three chains every entry hangs in.</summary>
internal sealed partial class DnsQueryTable
{
    private const int VectorSize = 32;

    /// <summary>Keeps a question. The table must not be full.</summary>
    /// <returns>Its entry; the caller fills in what is not asked for here.</returns>
    public ref DnsQuery Add(
        ReadOnlySpan<byte> message, int questionLength, ushort id, ulong flowId, in RecordHeader context, ref uint slot)
    {
        var older = Newest(slot, flowId);
        var exchange = older != None ? this[older].Exchanges : Counted(slot);
        var index = _free;
        if (index != None) _free = this[index].Next;
        else index = Fresh();
        var kept = message[..Math.Min(message.Length, QueryBytesMax)];
        Copy(kept, Room(index));

        ref var query = ref this[index];
        query.Context = context;
        query.FlowId = flowId;
        query.Exchange = exchange;
        query.Exchanges = exchange + 1;
        query.Id = id;
        query.Length = (ushort)kept.Length;
        query.QuestionLength = (ushort)(questionLength <= QueryBytesMax - DnsHeader.Size ? questionLength : 0);
        query.Messages = 0;
        query.IsCut = kept.Length < message.Length;
        query.IsWaiting = true;

        query.Before = _newest;
        query.After = None;
        if (_newest != None) this[_newest].After = index;
        else _oldest = index;
        _newest = index;

        query.Older = older;
        query.Newer = None;
        query.IsHashed = false;
        if (older != None)
        {
            this[older].Newer = index;
            if (!this[older].IsHashed) Hash(older, ref this[older]);
            Hash(index, ref query);
        }

        slot = (uint)index + 1;
        Count++;
        return ref query;
    }

    /// <summary>Most questions are as long as one vector to two: the library's copy costs more to call than that.
    /// </summary>
    private static void Copy(ReadOnlySpan<byte> kept, Span<byte> room)
    {
        if (kept.Length is < VectorSize or > 2 * VectorSize)
        {
            kept.CopyTo(room);
            return;
        }

        var last = (nuint)(kept.Length - VectorSize);
        ref var from = ref MemoryMarshal.GetReference(kept);
        ref var to = ref MemoryMarshal.GetReference(room[..QueryBytesMax]);
        var (first, second) = (Vector256.LoadUnsafe(ref from), Vector256.LoadUnsafe(ref from, last));
        first.StoreUnsafe(ref to);
        second.StoreUnsafe(ref to, last);
    }

    /// <summary>Forgets an entry.</summary>
    /// <param name="slot">The flow's word where that is at hand; any other value stays as it is.</param>
    public void Remove(int index, ref uint slot)
    {
        ref var query = ref this[index];
        if (query.Before != None) this[query.Before].After = query.After;
        else _oldest = query.After;
        if (query.After != None) this[query.After].Before = query.Before;
        else _newest = query.Before;

        if (query.Older != None) this[query.Older].Newer = query.Newer;
        if (query.Newer != None) this[query.Newer].Older = query.Older;
        if (slot == (uint)index + 1)
        {
            if (query.Older != None) this[query.Older].Exchanges = query.Exchanges;
            slot = query.Older != None ? (uint)query.Older + 1 : CountOnly | (query.Exchanges & ~CountOnly);
        }

        if (query.IsHashed) Unhash(index, in query);
        query.IsWaiting = false;
        query.Next = _free;
        _free = index;
        Count--;
    }

    private void Hash(int index, ref DnsQuery query)
    {
        ref var bucket = ref _buckets[Bucket(query.FlowId, query.Id)];
        query.Next = bucket;
        query.IsHashed = true;
        bucket = index;
    }

    private void Unhash(int index, in DnsQuery query)
    {
        ref var link = ref _buckets[Bucket(query.FlowId, query.Id)];
        while (link != index) link = ref this[link].Next;
        link = query.Next;
    }

    /// <summary>An entry that was never used.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Fresh()
    {
        if (_used == _queries.Length) Grow();
        if (_used >> _chunkShift == _chunksUsed)
        {
            _bytes[_chunksUsed++] = GC.AllocateUninitializedArray<byte>(QueryBytesMax << _chunkShift);
        }

        return _used++;
    }

    private void Grow()
    {
        var chunk = 1 << _chunkShift;
        var room = _queries.Length < MovedMax ? Math.Max(chunk, 2 * _queries.Length) : _pendingMax;
        var larger = GC.AllocateUninitializedArray<DnsQuery>(Math.Min(room, _pendingMax));
        _queries.CopyTo(larger, 0);
        _queries = larger;
    }
}
