using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>All fields that expressions can name: those of every record, then kind by kind.</summary>
public sealed class FieldCatalog
{
    /// <summary>In other tools' words: what people type first.</summary>
    private static readonly Dictionary<string, string> s_elsewhere = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ip.src"] = "src.ip", ["ip.dst"] = "dst.ip", ["ip.addr"] = "ip", ["ipv6.addr"] = "ip", ["host"] = "ip",
        ["net"] = "ip", ["tcp.port"] = "port", ["udp.port"] = "port", ["tcp.srcport"] = "src.port",
        ["tcp.dstport"] = "dst.port", ["udp.srcport"] = "src.port", ["udp.dstport"] = "dst.port",
        ["src_ip"] = "src.ip", ["dest_ip"] = "dst.ip", ["src_port"] = "src.port", ["dest_port"] = "dst.port",
        ["app_proto"] = "app", ["event_type"] = "kind", ["protocol"] = "proto", ["ip.proto"] = "proto",
        ["http.response.code"] = "http.status", ["http.request.uri"] = "http.uri", ["http.hostname"] = "http.host",
        ["vlan.id"] = "vlan", ["frame.time"] = "time",
        ["dns.qry.name"] = "dns.qname", ["dns.qry.type"] = "dns.qtype", ["flow_id"] = "flow.id",
    };

    private static readonly Lock s_lock = new();
    private static Func<IReadOnlyDictionary<string, NamedValues>>? s_names;
    private static FieldCatalog? s_shared;

    private readonly Dictionary<string, CatalogField> _byName = new(StringComparer.Ordinal);
    private readonly int _kinds;

    /// <param name="schemas">Record kinds.</param>
    /// <param name="names">Names of values, by field.</param>
    public FieldCatalog(IReadOnlyList<RecordSchema> schemas, IReadOnlyDictionary<string, NamedValues> names)
    {
        ArgumentNullException.ThrowIfNull(schemas);
        ArgumentNullException.ThrowIfNull(names);
        _kinds = schemas.Count;
        var kinds = Enumerable.Range(0, _kinds).Select(index => schemas[index]).ToArray();
        Kinds = new NameTable([.. kinds.DistinctBy(kind => kind.Info.Name)
            .Select(kind => (kind.Info.Name, (ulong)kind.Id))]);
        var apps = names.GetValueOrDefault("app") ?? new NameTable();
        var all = new List<CatalogField>();
        foreach (var field in HeaderFields.All(Kinds, apps)) Add(all, field);
        foreach (var kind in kinds)
        {
            foreach (var field in kind.Fields)
            {
                var found = names.GetValueOrDefault(field.Name);
                var example = ExampleOf(field, found);
                Add(all, new(field.Name, field.Kind, kind.Info.Name, field.About, example) { Names = found });
            }
        }

        All = all;
    }

    /// <summary>Everything registered so far; made anew when record kinds have joined since.</summary>
    public static FieldCatalog Shared
    {
        get
        {
            lock (s_lock)
            {
                var names = s_names?.Invoke() ?? new Dictionary<string, NamedValues>();
                if (s_shared?._kinds != RecordKinds.All.Count) s_shared = new FieldCatalog(RecordKinds.All, names);
                return s_shared;
            }
        }
    }

    public IReadOnlyList<CatalogField> All { get; }

    /// <summary>Names of the record kinds.</summary>
    public NamedValues Kinds { get; }

    /// <summary>Says once where names of values come from; asked before each use of <see cref="Shared"/>.</summary>
    public static void NameValues(Func<IReadOnlyDictionary<string, NamedValues>> names) => s_names = names;

    /// <summary>By its name, or by one that others have for it (<see cref="FieldAliases"/>).</summary>
    public CatalogField? Find(string name) => FindOwn(name)
        ?? (FieldAliases.Resolve(name) is { } ours ? FindOwn(ours) : null);

    /// <summary>A bit of a field that has a name of its own.</summary>
    public (FieldBit Bit, CatalogField Field)? FindBit(string name) =>
        FieldAliases.Bits.FirstOrDefault(bit => bit.Name == name) is { } bit && FindOwn(bit.Field) is { } field
            ? (bit, field) : null;

    /// <summary>For completion: fields whose name begins like this, in order.</summary>
    public IEnumerable<CatalogField> StartingWith(string start) =>
        All.Where(field => field.Name.StartsWith(start, StringComparison.OrdinalIgnoreCase));

    /// <summary>For completion: other names of fields there are, and of their bits, that begin like this.</summary>
    public IEnumerable<(string Name, string Field, string About)> OtherNamesStartingWith(string start) =>
        FieldAliases.All.Select(static alias => (alias.Name, alias.Field, About: ""))
            .Concat(FieldAliases.Bits.Select(static bit => (bit.Name, bit.Field, bit.About)))
            .Where(other => _byName.ContainsKey(other.Field)
                && other.Name.StartsWith(start, StringComparison.OrdinalIgnoreCase));

    /// <summary>What an unknown name was probably meant to be, or null.</summary>
    public string? Nearest(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (s_elsewhere.TryGetValue(name, out var ours) && _byName.ContainsKey(ours)) return ours;

        // Left out its beginning or its end, or slipped on the way.
        var tail = "." + name;
        return StartingWith(name + ".").FirstOrDefault()?.Name
            ?? All.FirstOrDefault(field => field.Name.EndsWith(tail, StringComparison.OrdinalIgnoreCase))?.Name
            ?? Likeness.Nearest(name, All.Select(field => field.Name).Concat(Kinds.Names)
                .Concat(OtherNamesStartingWith("").Select(static other => other.Name)));
    }

    private CatalogField? FindOwn(string name) => _byName.GetValueOrDefault(name) ?? PeerField.Label(name);

    /// <summary>A name said twice is one field: the first kind to have it gives its type and sentence.</summary>
    private void Add(List<CatalogField> all, CatalogField field)
    {
        if (_byName.TryAdd(field.Name, field)) all.Add(field);
    }

    private static string ExampleOf(Field field, NamedValues? names) => field.Kind switch
    {
        FieldKind.Number or FieldKind.Numbers when names is { Names: [var first, ..] } => $"{field.Name} == {first}",
        FieldKind.Number when field.Name.EndsWith(".status", StringComparison.Ordinal) => $"{field.Name} in 400..599",
        FieldKind.Number when field.About.Contains("ytes", StringComparison.Ordinal) => $"{field.Name} > 1Mi",
        FieldKind.Number or FieldKind.Numbers => $"{field.Name} > 1",
        FieldKind.Duration => $"{field.Name} > 250ms",
        FieldKind.Time => $"{field.Name} < 2026-01-31T09:00:00Z",
        FieldKind.Flag => field.Name,
        FieldKind.Address => $"{field.Name} in 10.0.0.0/8",
        FieldKind.Bytes => $"{field.Name} startswith 00ff",
        FieldKind.Texts => $"{field.Name} icontains 'text'",
        _ => $"{field.Name} like '*text*'",
    };
}
