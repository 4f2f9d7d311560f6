using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace NetSniff.Cli.Commands.Demo;

/// <summary>The shop could not be opened; the message says why.</summary>
internal sealed class ShopException(string message) : Exception(message);

/// <summary>The shop as it runs: one shell in namespaces of its own that reads what to do from us.</summary>
/// <remarks>It lives as long as our end of its pipe is open, so it ends with us whatever ends us. The shell is the
/// first process of its process namespace: with it the kernel ends all others, and with the last of them the network
/// and mount namespaces go, and the file system in memory that holds every file. There is nothing to clean up, and two
/// shops do not see each other.</remarks>
internal sealed class ShopProcess : IDisposable
{
    private const string SearchPath = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin";
    private const int LinesMax = 256;

    private static readonly TimeSpan s_openingMax = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = new(LinesMax);
    private readonly CancellationTokenSource _ended = new();
    private volatile string _lastError = "";
    private int? _shell;

    private ShopProcess(Process process) => _process = process;

    /// <summary>A process in the shop's network, for whoever wants to look in.</summary>
    public int Id => _shell ?? _process.Id;

    /// <summary>Where the bridge is.</summary>
    public string NetworkNamespace => string.Create(CultureInfo.InvariantCulture, $"/proc/{Id}/ns/net");

    /// <summary>Its shell has ended, and with it everything.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Servers that did not come up.</summary>
    public List<string> Down { get; } = [];

    public static bool HasProgram(string name) => name.StartsWith('/')
        ? File.Exists(name)
        : SearchPath.Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));

    /// <summary>Builds the network and starts the servers.</summary>
    /// <exception cref="ShopException">It cannot be done here.</exception>
    /// <exception cref="OperationCanceledException">The user does not want it any more.</exception>
    public static ShopProcess Open(ShopScript script, CancellationToken stop)
    {
        // A session of its own, so that Ctrl-C is our business alone.
        string[] words = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-s"];
        var start = new ProcessStartInfo("setsid", words)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // Nothing of the user's surroundings: proxies, aliases, languages.
        start.Environment.Clear();
        start.Environment["PATH"] = SearchPath;
        start.Environment["HOME"] = "/run/shop";
        start.Environment["LC_ALL"] = "C";
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        var process = Process.Start(start) ?? throw new ShopException("unshare did not start");
        var shop = new ShopProcess(process);
        try
        {
            shop.Listen();
            shop.Tell(script.Opening());
            shop.AwaitReady(stop);
            return shop;
        }
        catch
        {
            shop.Dispose();
            throw;
        }
    }

    /// <summary>Has the shell do something.</summary>
    public void Tell(string commands)
    {
        try
        {
            _process.StandardInput.Write(commands);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // The shell has gone; its last words are what the reader hears of it.
        }
    }

    /// <summary>Closes our end of its pipe: the shop ends by itself.</summary>
    public void LetGo()
    {
        try
        {
            _process.StandardInput.Dispose();
        }
        catch (IOException)
        {
            // It was gone before what it was told last.
        }
    }

    /// <summary>Ends the shop, and comes back when nothing of it is left.</summary>
    public void Dispose()
    {
        if (_shell is { } shell && !_process.HasExited) Kill(shell);
        LetGo();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Listen()
    {
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null)
            {
                _lines.TryAdd(line.Data);
                return;
            }

            _lines.CompleteAdding();
            _ended.Cancel();
        };
        _process.ErrorDataReceived += (_, line) => _lastError = line.Data ?? _lastError;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void AwaitReady(CancellationToken stop)
    {
        while (_lines.TryTake(out var line, (int)s_openingMax.TotalMilliseconds, stop))
        {
            var (word, rest) = line.Split(' ', 2) is [var first, var second] ? (first, second) : (line, "");
            switch (word)
            {
                case "shell":
                    _shell = int.Parse(rest, CultureInfo.InvariantCulture);
                    break;
                case "down":
                    Down.Add(rest);
                    break;
                case "failed":
                    throw new ShopException(rest.TrimEnd(' ', ':'));
                case "ready":
                    return;
            }
        }

        throw new ShopException(_lastError.Length > 0 ? _lastError : "the shop did not open in time");
    }

    private static void Kill(int id)
    {
        try
        {
            using var shell = Process.GetProcessById(id);
            shell.Kill();
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException)
        {
            // Gone by itself.
        }
    }
}
