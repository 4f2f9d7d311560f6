using System.Text;
using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Plugin;
using NetSniff.Tests.Commands;

namespace NetSniff.Tests.Cli.Commands.Records;

/// <summary>A command in this process: what it said and how it ended.</summary>
internal sealed class TestCommand
{
    private readonly Terminal _terminal;
    private readonly Func<string> _output;
    private readonly Func<string> _error;

    private TestCommand(string input, ProgramName program)
    {
        var (output, error) = (new LockedStream(), new LockedText());
        (_output, _error) = (output.ToString, error.ToString);
        _terminal = new Terminal
        {
            Output = output, Error = error, Zone = TimeZoneInfo.Utc, IsPlain = true, Input = new StringReader(input),
            Program = program,
        };
    }

    public int Code { get; private set; }

    public string Output => _output();

    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string Error => _error();

    public static TestCommand Run(params string[] arguments) => RunWith("", arguments);

    /// <param name="input">What is piped in.</param>
    public static TestCommand RunWith(string input, params string[] arguments)
    {
        var command = new TestCommand(input, ProgramName.Netsniff);
        command.Start(arguments);
        return command;
    }

    /// <summary>By the name of kubectl's plugin.</summary>
    public static TestCommand RunPlugin(params string[] arguments)
    {
        var command = new TestCommand("", ProgramName.Plugin);
        command.Start(arguments);
        return command;
    }

    public static (TestCommand Command, Task Ended) Begin(params string[] arguments) =>
        Begin(ProgramName.Netsniff, arguments);

    public static (TestCommand Command, Task Ended) Begin(ProgramName program, params string[] arguments)
    {
        var command = new TestCommand("", program);
        return (command, Task.Factory.StartNew(() => command.Start(arguments), TaskCreationOptions.LongRunning));
    }

    /// <summary>Waits until the output is as wanted; a test that waits in vain fails by its name.</summary>
    public async Task UntilAsync(Func<TestCommand, bool> isSo, string what)
    {
        for (var left = 600; !isSo(this); left--)
        {
            Assert.True(left > 0, $"{what}\noutput: {Output}\nerror: {Error}");
            await Task.Delay(100);
        }
    }

    private void Start(string[] arguments) => Code = CommandList.Run(arguments, _terminal, listens: false);

    private sealed class LockedStream : Stream
    {
        private readonly List<byte> _bytes = [];

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            lock (_bytes) _bytes.AddRange(buffer.AsSpan(offset, count));
        }

        public override string ToString()
        {
            lock (_bytes) return Encoding.UTF8.GetString([.. _bytes]);
        }
    }
}
