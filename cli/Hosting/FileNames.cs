using NetSniff.Packets;
using NetSniff.Wire.Health;
using NetSniff.Worker.Enrich;
using NetSniff.Worker.Enrich.Yaml;

namespace NetSniff.Cli.Hosting;

/// <summary>Keeps a worker on its file of names, whichever it is now, and says what became of it.</summary>
internal sealed class FileNames : IWorkerNames
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly Terminal _terminal;
    private readonly string? _usual;
    private readonly Condition _names;
    private readonly IdentityBook _book = new();
    private readonly Enricher _enricher;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private YamlIdentitySource? _source;
    private string _path = "";
    private string? _told;
    private volatile bool _isOn;

    /// <param name="usual">The command line's; null for none.</param>
    /// <remarks>Looks at once. A file that is bad at first is told, and looked at again.</remarks>
    public FileNames(Terminal terminal, HealthBoard board, string? usual)
    {
        (_terminal, _usual) = (terminal, usual);
        _enricher = new Enricher(_book);
        _names = board.AddCondition("names");
        _names.Set(true, "None", "");
        board.AddLedger(() => _isOn ? [.. _enricher.Ledger(), .. _book.Ledger()] : []);
        if (usual is not null)
        {
            (_source, _path, _isOn) = (new YamlIdentitySource(usual, terminal.Clock), usual, true);
            Look();
        }

        _timer = terminal.Clock.CreateTimer(_ => Look(), null, s_look, s_look);
    }

    public string? Change(string path)
    {
        lock (_lock)
        {
            if (path.Length == 0) path = _usual ?? "";
            if (path == _path) return null;

            var source = path.Length == 0 ? null : new YamlIdentitySource(path, _terminal.Clock);
            if (source is not null && !source.Look(_book)) return source.Problem;

            (_source, _path, _told) = (source, path, null);
            _isOn = source is not null;
            _names.Set(true, source is null ? "None" : "Read", "");
            return null;
        }
    }

    public void Enrich(Span<byte> records, int count)
    {
        if (_isOn) _enricher.Enrich(records);
    }

    public string? NameOf(Address address, long timeNanos) => _isOn ? _book.Snapshot.NameOf(address, timeNanos) : null;

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Look()
    {
        // A look that takes long is not overtaken by the next.
        if (!_lock.TryEnter()) return;

        try
        {
            if (_source is not { } source) return;

            source.Look(_book);
            var problem = source.Problem;
            _names.Set(problem is null, problem is null ? "Read" : "FileRefused", problem ?? "");
            if (problem is not null && problem != _told) _terminal.Warn($"{problem}; names stay as they were");
            if (problem is null && _told is not null) _terminal.Say($"{_path}: read, all is well again");
            _told = problem;
        }
        finally
        {
            _lock.Exit();
        }
    }
}
