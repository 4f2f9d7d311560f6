using NetSniff.Cli.Commands;
using NetSniff.Worker.Enrich;
using NetSniff.Worker.Enrich.Yaml;

namespace NetSniff.Cli.Capturing;

/// <summary>The file of `--names`, looked at again every second while a capture runs.</summary>
internal sealed class NamesFile : IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly IdentityBook _book = new();
    private readonly YamlIdentitySource _source;
    private readonly Terminal _terminal;
    private readonly ITimer _timer;
    private string? _told;

    /// <exception cref="UsageException">It is not there, or not such a file.</exception>
    public NamesFile(string path, Terminal terminal)
    {
        _source = new YamlIdentitySource(path, terminal.Clock);
        _terminal = terminal;
        if (!_source.Look(_book)) throw new UsageException($"--names: {_source.Problem}");

        _timer = terminal.Clock.CreateTimer(_ => Look(), null, s_look, s_look);
    }

    /// <summary>One for each desk: it keeps what it was told last.</summary>
    public Enricher NewEnricher() => new(_book);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // A look that takes long is not overtaken by the next.
        if (!Monitor.TryEnter(_source)) return;

        try
        {
            _source.Look(_book);
            if (_source.Problem == _told) return;

            _told = _source.Problem;
            _terminal.Say(_told is null ? "--names: the file is well again" : $"--names, kept as it was: {_told}");
        }
        finally
        {
            Monitor.Exit(_source);
        }
    }
}
