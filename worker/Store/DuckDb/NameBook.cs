using System.Text;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Names that records repeat without end, of applications, nodes and interfaces: each a number of the store's
/// own, for those of records mean nothing outside the process.</summary>
/// <remarks>A name goes when no hour is left in which it was seen. Written by the writer alone; readers use
/// <see cref="Texts"/>.</remarks>
internal sealed class NameBook(DuckConnection connection)
{
    /// <summary>The number of no name.</summary>
    public const uint None = 0;

    /// <summary>The hour of a name that stays: of records without an hour, which go by no clock. When all of those are
    /// gone, <see cref="Settle"/>.</summary>
    public const long Always = long.MaxValue;

    /// <summary>Rows of one INSERT.</summary>
    private const int PortionMax = 1000;

    private readonly Dictionary<string, uint> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, long> _hours = [];
    private readonly List<uint> _new = [];
    private readonly HashSet<uint> _moved = [];

    // By the number that records have: ours, and the newest hour it was noted in.
    private readonly uint[] _apps = new uint[ushort.MaxValue + 1];
    private readonly long[] _appHours = Never();
    private readonly (uint Node, uint Interface)[] _origins = new (uint, uint)[ushort.MaxValue + 1];
    private readonly long[] _originHours = Never();

    private volatile NameText[] _texts = [NameText.None];
    private uint _last;

    /// <summary>By number; those that are not there are <see cref="NameText.None"/>. It grows by being replaced.
    /// </summary>
    public NameText[] Texts => _texts;

    /// <summary>The last number given. <see cref="Texts"/>, when taken later, have all up to it.</summary>
    public uint Last => Volatile.Read(ref _last);

    public void Open()
    {
        connection.Run("CREATE TABLE IF NOT EXISTS books.names (number UINTEGER, name VARCHAR, hour BIGINT)");
        using var rows = connection.Ask("SELECT number, name, hour FROM books.names");
        while (rows.NextChunk())
        {
            for (var row = 0; row < rows.Count; row++)
            {
                var number = rows.Column(0).Get<uint>(row);
                var name = Encoding.UTF8.GetString(rows.Column(1).Text(row));
                _numbers[name] = number;
                _hours[number] = rows.Column(2).Get<long>(row);
                _last = Math.Max(_last, number);
                Keep(number, name);
            }
        }
    }

    /// <summary>Our number of an application; it must have been noted.</summary>
    public uint App(ushort app) => _apps[app];

    /// <summary>Our numbers of a node and an interface; they must have been noted.</summary>
    public (uint Node, uint Interface) Origin(ushort origin) => _origins[origin];

    /// <summary>What a number stands for; empty where nothing is known.</summary>
    public string Name(uint number)
    {
        var texts = _texts;
        return number < (uint)texts.Length ? Encoding.UTF8.GetString(texts[number].Octets) : "";
    }

    /// <summary>Says that a record is of an hour.</summary>
    public void Note(in RecordHeader head, long hour)
    {
        if (_appHours[head.App] < hour) NoteApp(head.App, hour);
        if (_originHours[head.Interface] < hour) NoteOrigin(head.Interface, hour);
    }

    /// <summary>Writes down what is new, before any row names it.</summary>
    public void Write()
    {
        if (_new.Count + _moved.Count == 0) return;
        foreach (var number in _new) _moved.Remove(number);
        foreach (var portion in _new.Chunk(PortionMax))
        {
            connection.Run("INSERT INTO books.names VALUES " + string.Join(", ", portion.Select(
                number => $"({number}, {SqlText.Text(_texts[number].Octets)}, {_hours[number]})")));
        }

        foreach (var hour in _moved.GroupBy(number => _hours[number]))
        {
            connection.Run($"UPDATE books.names SET hour = {hour.Key} WHERE number IN ({string.Join(", ", hour)})");
        }

        _new.Clear();
        _moved.Clear();
    }

    /// <summary>Forgets what was seen in none of the hours that are left.</summary>
    /// <remarks>But not the last number, which says where to go on: a file of an hour that comes back must find its
    /// numbers with the names they had or with none.</remarks>
    public void Forget(long oldestHour)
    {
        var last = _last;
        var gone = _hours.Where(one => one.Value < oldestHour && one.Key < last).Select(one => one.Key).ToHashSet();
        if (gone.Count == 0) return;

        connection.Run($"DELETE FROM books.names WHERE hour < {oldestHour} AND number < {last}");
        foreach (var (name, number) in _numbers.Where(one => gone.Contains(one.Value)).ToList()) _numbers.Remove(name);
        foreach (var number in gone)
        {
            _hours.Remove(number);
            Keep(number, "");
        }

        NoteAllAnew();
    }

    /// <summary>There are no records without an hour any more: their names were last seen in this hour.</summary>
    public void Settle(long hour)
    {
        var settled = _hours.Where(one => one.Value == Always).Select(one => one.Key).ToList();
        if (settled.Count == 0) return;

        foreach (var number in settled)
        {
            _hours[number] = hour;
            _moved.Add(number);
        }

        NoteAllAnew();
    }

    private void NoteAllAnew()
    {
        Array.Fill(_appHours, long.MinValue);
        Array.Fill(_originHours, long.MinValue);
    }

    private static long[] Never()
    {
        var hours = new long[ushort.MaxValue + 1];
        Array.Fill(hours, long.MinValue);
        return hours;
    }

    private void NoteApp(ushort app, long hour)
    {
        _apps[app] = Note(Apps.Name(app), hour);
        _appHours[app] = hour;
    }

    private void NoteOrigin(ushort number, long hour)
    {
        var origin = Origins.Of(number);
        _origins[number] = (Note(origin.Node, hour), Note(origin.Interface, hour));
        _originHours[number] = hour;
    }

    private uint Note(string name, long hour)
    {
        if (name.Length == 0) return None;
        if (!_numbers.TryGetValue(name, out var number))
        {
            number = _last + 1;
            _numbers.Add(name, number);
            _new.Add(number);
            Keep(number, name);
            Volatile.Write(ref _last, number);
        }

        if (_hours.TryGetValue(number, out var before) && before >= hour) return number;
        _hours[number] = hour;
        _moved.Add(number);
        return number;
    }

    private void Keep(uint number, string name)
    {
        var texts = _texts;
        if (number >= texts.Length)
        {
            // The new part is seen when the array is; readers never look beyond what they took.
            Array.Resize(ref texts, Math.Max(2 * texts.Length, (int)number + 64));
            texts[number] = NameText.Of(name);
            _texts = texts;
            return;
        }

        texts[number] = NameText.Of(name);
    }
}
