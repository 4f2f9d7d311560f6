namespace NetSniff.Records;

/// <summary>Where a record was seen.</summary>
/// <param name="Node">Name of the machine; empty where nobody said.</param>
/// <param name="Interface">Name of the interface; empty where it has none.</param>
public sealed record Origin(string Node, string Interface)
{
    public static Origin Unknown { get; } = new("", "");
}

/// <summary>Says what <see cref="RecordHeader.Interface"/> stands for: a place in <see cref="Origins"/> in a worker and
/// behind it, the number of an interface where packets are captured.</summary>
public abstract class OriginBook
{
    /// <summary>Knows none: numbers of who knows what.</summary>
    public static OriginBook None { get; } = new ListedOrigins("", []);

    /// <summary>Grows when a number may mean something else than before, as the next file is read.</summary>
    public virtual int Revision => 0;

    /// <summary>Whether numbers mean something to people: those of a capture file do.</summary>
    public virtual bool IsNumbered => false;

    /// <summary>Never null; <see cref="Origin.Unknown"/> where nothing is known.</summary>
    public abstract Origin Of(ushort number);
}

/// <summary>Numbers for where records were seen: node and interface. Given on first use, never given up.</summary>
/// <remarks>Any thread may ask and add.</remarks>
public static class Origins
{
    public const ushort Unknown = 0;

    /// <summary>Origins that get a number of their own. Those beyond are known by their node alone.</summary>
    public const int CountMax = 60_000;

    private static readonly Dictionary<Origin, ushort> s_numbers = new() { [Origin.Unknown] = Unknown };
    private static Origin[] s_origins = [Origin.Unknown];
    private static int s_count = 1;
    private static long s_refused;

    /// <summary>What records behind a worker mean.</summary>
    public static OriginBook Book { get; } = new RegistryBook();

    /// <summary>Numbers given, 0 among them.</summary>
    public static int Count => Volatile.Read(ref s_count);

    /// <summary>Times that an interface found no room.</summary>
    public static long Refused => Volatile.Read(ref s_refused);

    public static ushort Add(string node, string interfaceName)
    {
        var origin = new Origin(node, interfaceName);
        lock (s_numbers)
        {
            if (s_numbers.TryGetValue(origin, out var known)) return known;
            if (s_count >= CountMax)
            {
                s_refused++;
                origin = new Origin(node, "");
                if (s_numbers.TryGetValue(origin, out known)) return known;
                if (s_count > ushort.MaxValue) return Unknown;
            }

            if (s_count == s_origins.Length)
            {
                var larger = new Origin[2 * s_count];
                s_origins.CopyTo(larger, 0);
                Volatile.Write(ref s_origins, larger);
            }

            var number = (ushort)s_count;
            s_origins[number] = origin;
            Volatile.Write(ref s_count, s_count + 1);
            s_numbers.Add(origin, number);
            return number;
        }
    }

    public static Origin Of(ushort number)
    {
        var origins = Volatile.Read(ref s_origins);
        return number < origins.Length ? origins[number] ?? Origin.Unknown : Origin.Unknown;
    }

    private sealed class RegistryBook : OriginBook
    {
        public override Origin Of(ushort number) => Origins.Of(number);
    }
}

/// <summary>The interfaces of one capture, by their place in its list.</summary>
public sealed class ListedOrigins(string node, IReadOnlyList<string> interfaces) : OriginBook
{
    private readonly Origin[] _origins = [.. interfaces.Select(name => new Origin(node, name))];
    private readonly Origin _other = node.Length == 0 ? Origin.Unknown : new Origin(node, "");

    public override bool IsNumbered => true;

    public override Origin Of(ushort number) => number < _origins.Length ? _origins[number] : _other;
}
