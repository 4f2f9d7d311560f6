using NetSniff.Records;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Who the ends of stored records are: numbers of the store's own, for those of records mean nothing outside
/// the process.</summary>
/// <remarks>A peer's newest row counts; it goes when no hour is left in which it was seen. Written by the writer alone;
/// readers use <see cref="Registered"/>.</remarks>
internal sealed class ClickPeers(ClickHttp http)
{
    /// <summary>Rows of one INSERT.</summary>
    private const int PortionMax = 1000;

    private static readonly string[] s_texts =
        ["kind", "name", "namespace", "workload", "workload_kind", "service", "node", "zone", "why"];

    private readonly Dictionary<uint, uint> _own = [];
    private readonly Dictionary<uint, long> _hours = [];
    private readonly HashSet<uint> _changed = [];
    private volatile uint[] _registered = [0];
    private uint _last;

    /// <summary>By the store's number, the number in <see cref="Peers"/>; 0 where there is none.</summary>
    public uint[] Registered => _registered;

    public static string CreateSql =>
        $"CREATE TABLE IF NOT EXISTS {ClickSchema.Peers} (peer UInt32, "
        + string.Concat(s_texts.Select(text => $"{text} String, "))
        + "label_keys Array(String), label_values Array(String), hour Int64, version UInt64) "
        + "ENGINE = ReplacingMergeTree(version) ORDER BY peer";

    public void Open()
    {
        var rows = http.Ask(new ClickQuery(
            $"SELECT peer, hour, label_keys, label_values, {string.Join(", ", s_texts)} "
            + $"FROM {ClickSchema.Peers} FINAL"));
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++) Learn(rows, row);
        }
    }

    /// <summary>The store's number of a peer, which is seen in an hour; 0 for none.</summary>
    public uint Note(uint registered, long hour)
    {
        if (registered == Peers.Unnamed) return 0;
        if (!_own.TryGetValue(registered, out var own))
        {
            own = ++_last;
            _own.Add(registered, own);
            _hours.Add(own, long.MinValue);
            Register(own, registered);
        }

        if (_hours[own] < hour)
        {
            _hours[own] = hour;
            _changed.Add(registered);
        }

        return own;
    }

    /// <summary>Writes down what was noted, before any row names it.</summary>
    /// <param name="version">Grows from call to call, also over a new start.</param>
    public void Write(ulong version)
    {
        foreach (var portion in _changed.Chunk(PortionMax))
        {
            http.Run($"INSERT INTO {ClickSchema.Peers} VALUES "
                + string.Join(", ", portion.Select(registered => RowOf(registered, version))));
        }

        _changed.Clear();
    }

    /// <summary>Forgets who was seen in none of the hours that are left.</summary>
    public void Forget(long oldestHour)
    {
        var gone = _hours.Where(one => one.Value < oldestHour).Select(one => one.Key).ToHashSet();
        if (gone.Count == 0) return;

        http.Run($"ALTER TABLE {ClickSchema.Peers} DELETE WHERE hour < {oldestHour}");
        foreach (var (registered, own) in _own.Where(one => gone.Contains(one.Value)).ToList()) _own.Remove(registered);
        foreach (var own in gone)
        {
            _hours.Remove(own);
            Register(own, 0);
        }
    }

    private string RowOf(uint registered, ulong version)
    {
        var peer = Peers.Of(registered);
        var own = _own[registered];
        string?[] texts =
        [
            Enum.GetName(peer.Kind)!.ToLowerInvariant(), peer.Name, peer.Namespace, peer.Workload, peer.WorkloadKind,
            peer.Service, peer.Node, peer.Zone, peer.Why,
        ];
        return $"({own}, {string.Join(", ", texts.Select(text => ClickText.Text(text ?? "")))}, "
            + $"{ClickText.List(peer.Labels.Select(label => ClickText.Text(label.Key)))}, "
            + $"{ClickText.List(peer.Labels.Select(label => ClickText.Text(label.Value)))}, {_hours[own]}, {version})";
    }

    private void Learn(NativeAnswer rows, int row)
    {
        var own = rows.Column(0).Get<uint>(row);
        var registered = Peers.Add(new Peer
        {
            Kind = Enum.TryParse<PeerKind>(Text(0), ignoreCase: true, out var kind) ? kind : PeerKind.Unknown,
            Name = Text(1),
            Namespace = Text(2),
            Workload = Text(3),
            WorkloadKind = Text(4),
            Service = Text(5),
            Node = Text(6),
            Zone = Text(7),
            Why = Text(8),
            Labels = [.. Texts(2).Zip(Texts(3), KeyValuePair.Create)],
        });
        _last = Math.Max(_last, own);
        _hours[own] = rows.Column(1).Get<long>(row);
        Register(own, registered);
        if (registered != Peers.Unnamed) _own.TryAdd(registered, own);

        string Text(int text) => rows.Column(4 + text).String(row);

        List<string> Texts(int column)
        {
            var (first, count) = rows.Column(column).List(row);
            return [.. Enumerable.Range(first, count).Select(element => rows.Column(column).String(element))];
        }
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
