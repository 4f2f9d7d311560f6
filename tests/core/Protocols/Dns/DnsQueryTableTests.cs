using System.Runtime.CompilerServices;
using NetSniff.Protocols;
using NetSniff.Protocols.Dns;
using NetSniff.Records;

namespace NetSniff.Tests.Protocols.Dns;

/// <summary>The table against a list that does the same in the plainest way.</summary>
public sealed class DnsQueryTableTests
{
    private const int Flows = 300;
    private const int Ids = 40;

    private static readonly string[] s_names = ["a.test", "b.test", "a-longer-name.of.example.test"];

    [Theory]
    [InlineData(64, 4, 1)]
    [InlineData(64, 64, 2)]
    [InlineData(1024, 1024, 3)]
    [InlineData(8192, 16, 4)]
    [InlineData(8192, 1024, 5)]
    public void It_holds_what_a_list_would_hold(int pendingMax, int chunk, int seed)
    {
        var run = new Run(pendingMax, chunk, seed);
        // Filled and emptied several times, the whole room once.
        foreach (var target in (int[])[pendingMax / 2, 3, pendingMax, pendingMax / 3, pendingMax, 0]) run.Reach(target);
        run.CheckAll();
    }

    [Fact]
    public void Emptied_it_begins_anew()
    {
        var run = new Run(pendingMax: 4096, chunk: 16, seed: 6);
        run.Reach(3000);
        run.Clear();
        run.Reach(4096);
        run.CheckAll();
    }

    /// <summary>The thread that takes packets never waits for a large table to be copied.</summary>
    [Fact]
    public void No_more_than_a_few_entries_are_ever_moved()
    {
        var table = new DnsQueryTable(DnsDatagramParser.PendingMax, chunk: 1024);
        var context = default(RecordHeader);
        var message = DnsBytes.Query(1, "a.test");
        var moved = 0;
        while (!table.IsFull)
        {
            uint slot = 0;
            ref var before = ref table.Count == 0 ? ref Unsafe.NullRef<DnsQuery>() : ref table[0];
            var count = table.Count;
            table.Add(message, message.Length - 12, 1, flowId: (ulong)count + 1, in context, ref slot);
            if (count > 0 && !Unsafe.AreSame(ref before, ref table[0])) moved = Math.Max(moved, count);
        }

        Assert.InRange(moved, 1, DnsQueryTable.MovedMax);
    }

    private sealed class Run(int pendingMax, int chunk, int seed)
    {
        private readonly DnsQueryTable _table = new(pendingMax, chunk);
        private readonly Random _random = new(seed);
        private readonly uint[] _slots = new uint[Flows];
        private readonly uint[] _exchanges = new uint[Flows];
        private readonly LinkedList<Entry> _entries = [];
        private readonly Dictionary<Key, LinkedListNode<Entry>> _byKey = [];

        private readonly record struct Key(int Flow, ushort Id, string Name, Direction Direction);

        private sealed record Entry(Key Key, byte[] Message, uint Exchange, int Index);

        /// <summary>Comes and goes until so many wait.</summary>
        public void Reach(int count)
        {
            while (_entries.Count != count)
            {
                var isToGrow = _entries.Count < count;
                if (_entries.Count < pendingMax && _random.Next(8) < (isToGrow ? 6 : 2)) Add();
                else if (_entries.Count > 0) Remove();
                Look();
            }
        }

        public void Clear()
        {
            _table.Clear();
            _entries.Clear();
            _byKey.Clear();
            Array.Clear(_slots);
            Array.Clear(_exchanges);
        }

        public void CheckAll()
        {
            Assert.Equal(_entries.Count, _table.Count);
            foreach (var entry in _entries) Check(entry);
        }

        private Key NewKey() => new(
            _random.Next(Flows), (ushort)_random.Next(Ids), s_names[_random.Next(s_names.Length)],
            _random.Next(4) == 0 ? Direction.ToClient : Direction.ToServer);

        private void Add()
        {
            var key = NewKey();
            if (_byKey.ContainsKey(key) || Same(key) >= DnsQueryTable.SameIdMax) return;

            var message = DnsBytes.Query(key.Id, key.Name);
            ref var slot = ref _slots[key.Flow];
            var context = default(RecordHeader);
            ref var query = ref _table.Add(message, message.Length - 12, key.Id, FlowId(key), in context, ref slot);
            query.Direction = key.Direction;
            var entry = new Entry(key, message, _exchanges[key.Flow]++, (int)slot - 1);
            _byKey.Add(key, _entries.AddLast(entry));
            Check(entry);
        }

        private void Remove()
        {
            var isOldest = _random.Next(2) == 0;
            var node = isOldest ? _entries.First! : _byKey.Values.ElementAt(_random.Next(Math.Min(50, _byKey.Count)));
            if (isOldest) Assert.Equal(node.Value.Index, _table.Oldest);
            _table.Remove(node.Value.Index, ref _slots[node.Value.Key.Flow]);
            _entries.Remove(node);
            _byKey.Remove(node.Value.Key);
        }

        private void Look()
        {
            Assert.Equal(_entries.Count, _table.Count);
            Assert.Equal(_entries.Count == pendingMax, _table.IsFull);
            Assert.Equal(_entries.First?.Value.Index ?? DnsQueryTable.None, _table.Oldest);
            var key = NewKey();
            Assert.Equal(_byKey.TryGetValue(key, out var node) ? node.Value.Index : DnsQueryTable.None, Find(key));
            Assert.Equal(_exchanges[key.Flow], _table.Exchanges(_slots[key.Flow], FlowId(key)));
            if (node is not null) Check(node.Value);
        }

        private void Check(Entry entry)
        {
            Assert.Equal(entry.Index, Find(entry.Key));
            ref var query = ref _table[entry.Index];
            Assert.Equal(entry.Message, _table.BytesOf(entry.Index, in query));
            Assert.Equal((entry.Key.Id, entry.Exchange), (query.Id, query.Exchange));
            var (flow, id) = (entry.Key.Flow, entry.Key.Id);
            Assert.Equal(Same(entry.Key), _table.SameId(_slots[flow], FlowId(entry.Key), id, out _));
        }

        private int Find(Key key) => _table.Find(
            _slots[key.Flow], FlowId(key), key.Id, DnsBytes.Question(key.Name), key.Direction);

        /// <summary>Both directions count.</summary>
        private int Same(Key key) => s_names.Sum(name =>
            (_byKey.ContainsKey(key with { Name = name, Direction = Direction.ToClient }) ? 1 : 0)
            + (_byKey.ContainsKey(key with { Name = name, Direction = Direction.ToServer }) ? 1 : 0));

        private static ulong FlowId(Key key) => (ulong)key.Flow + 1;
    }
}
