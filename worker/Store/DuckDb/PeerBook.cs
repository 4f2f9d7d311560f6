using System.Text;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Who the ends of stored records are: numbers of the store's own, for those of records mean nothing outside
/// the process.</summary>
/// <remarks>A peer goes when no hour is left in which it was seen. Written by the writer alone; readers use
/// <see cref="Registered"/>.</remarks>
internal sealed class PeerBook(DuckConnection connection)
{
    /// <summary>Rows of one INSERT.</summary>
    private const int PortionMax = 1000;

    private readonly Dictionary<uint, uint> _own = [];
    private readonly Dictionary<uint, long> _hours = [];
    private readonly List<uint> _new = [];
    private readonly HashSet<uint> _moved = [];

    // By the number in Peers: ours, and the newest hour it was noted in. Each record asks.
    private (uint Own, long Hour)[] _noted = new (uint, long)[64];
    private volatile uint[] _registered = [0];
    private uint _last;

    /// <summary>By the store's number, the number in <see cref="Peers"/>; 0 where there is none.</summary>
    public uint[] Registered => _registered;

    /// <summary>The last number given. <see cref="Registered"/>, when taken later, has all up to it.</summary>
    public uint Last => Volatile.Read(ref _last);

    public void Open()
    {
        connection.Run(
            """
            CREATE TABLE IF NOT EXISTS books.peers (
                peer UINTEGER, kind VARCHAR, name VARCHAR, namespace VARCHAR, workload VARCHAR, workload_kind VARCHAR,
                service VARCHAR, node VARCHAR, zone VARCHAR, labels MAP(VARCHAR, VARCHAR), why VARCHAR, hour BIGINT)
            """);
        using var rows = connection.Ask(
            "SELECT peer, hour, kind, name, namespace, workload, workload_kind, service, node, zone, why, "
            + "map_keys(labels), map_values(labels) FROM books.peers");
        while (rows.NextChunk())
        {
            for (var row = 0; row < rows.Count; row++) Learn(rows, row);
        }
    }

    /// <summary>The store's number of a peer; 0 for none. It must have been noted.</summary>
    public uint Own(uint registered) => registered < (uint)_noted.Length ? _noted[registered].Own : 0;

    /// <summary>Says that a peer is seen in an hour.</summary>
    public void Note(uint registered, long hour)
    {
        if (registered == Peers.Unnamed) return;
        if (registered < (uint)_noted.Length && _noted[registered] is (not 0, var last) && last >= hour) return;

        NoteAnew(registered, hour);
    }

    private void NoteAnew(uint registered, long hour)
    {
        if (!_own.TryGetValue(registered, out var own))
        {
            own = _last + 1;
            _own.Add(registered, own);
            _new.Add(registered);
            Register(own, registered);
            Volatile.Write(ref _last, own);
        }

        if (registered >= (uint)_noted.Length)
        {
            Array.Resize(ref _noted, Math.Max(2 * _noted.Length, (int)registered + 1));
        }

        _noted[registered] = (own, hour);
        if (_hours.TryGetValue(own, out var before) && before >= hour) return;
        _hours[own] = hour;
        _moved.Add(own);
    }

    /// <summary>Writes down what was noted, before any row names it.</summary>
    public void Write()
    {
        foreach (var registered in _new) _moved.Remove(_own[registered]);
        foreach (var portion in _new.Chunk(PortionMax))
        {
            connection.Run("INSERT INTO books.peers VALUES " + string.Join(", ", portion.Select(RowOf)));
        }

        foreach (var hour in _moved.GroupBy(own => _hours[own]))
        {
            connection.Run(
                $"UPDATE books.peers SET hour = {hour.Key} WHERE peer IN ({string.Join(", ", hour)})");
        }

        _new.Clear();
        _moved.Clear();
    }

    /// <summary>Forgets who was seen in none of the hours that are left, but for the last number, as
    /// <see cref="NameBook.Forget"/> does.</summary>
    public void Forget(long oldestHour)
    {
        var last = _last;
        var gone = _hours.Where(one => one.Value < oldestHour && one.Key < last).Select(one => one.Key).ToHashSet();
        if (gone.Count == 0) return;

        connection.Run($"DELETE FROM books.peers WHERE hour < {oldestHour} AND peer < {last}");
        foreach (var (registered, own) in _own.Where(one => gone.Contains(one.Value)).ToList()) _own.Remove(registered);
        foreach (var own in gone)
        {
            _hours.Remove(own);
            Register(own, 0);
        }

        Array.Clear(_noted);
    }

    private string RowOf(uint registered)
    {
        var peer = Peers.Of(registered);
        var own = _own[registered];
        var labels = string.Join(", ", peer.Labels.Select(
            label => $"{SqlText.Text(label.Key)}: {SqlText.Text(label.Value)}"));
        string?[] texts =
        [
            Enum.GetName(peer.Kind)!.ToLowerInvariant(), peer.Name, peer.Namespace, peer.Workload, peer.WorkloadKind,
            peer.Service, peer.Node, peer.Zone,
        ];
        return $"({own}, {string.Join(", ", texts.Select(TextOrNull))}, "
            + $"MAP {{{labels}}}::MAP(VARCHAR, VARCHAR), {TextOrNull(peer.Why)}, {_hours[own]})";
    }

    private static string TextOrNull(string? text) => string.IsNullOrEmpty(text) ? "NULL" : SqlText.Text(text);

    private void Learn(DuckRows rows, int row)
    {
        var own = rows.Column(0).Get<uint>(row);
        var registered = Peers.Add(new Peer
        {
            Kind = Enum.TryParse<PeerKind>(Text(2), ignoreCase: true, out var kind) ? kind : PeerKind.Unknown,
            Name = Text(3),
            Namespace = Text(4),
            Workload = Text(5),
            WorkloadKind = Text(6),
            Service = Text(7),
            Node = Text(8),
            Zone = Text(9),
            Why = Text(10),
            Labels = [.. rows.Column(11).Texts(row).Zip(rows.Column(12).Texts(row), KeyValuePair.Create)],
        });
        _last = Math.Max(_last, own);
        _hours[own] = rows.Column(1).Get<long>(row);
        Register(own, registered);
        if (registered != Peers.Unnamed) _own.TryAdd(registered, own);

        string Text(int column) =>
            rows.Column(column).IsValid(row) ? Encoding.UTF8.GetString(rows.Column(column).Text(row)) : "";
    }

    private void Register(uint own, uint registered)
    {
        var all = _registered;
        if (own >= all.Length)
        {
            // The new part is seen when the array is; readers never look beyond what they took.
            var larger = new uint[Math.Max(2 * all.Length, (int)own + 64)];
            all.CopyTo(larger, 0);
            larger[own] = registered;
            _registered = larger;
            return;
        }

        Volatile.Write(ref all[own], registered);
    }
}
