using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetSniff.Records;

namespace NetSniff.Protocols.Dns;

/// <summary>One message read in full, into room of its own.</summary>
/// <remarks>A record is written straight from it, so nothing is handed on by copying; the room is used again and again,
/// and between two messages only what was filled is emptied. On the stack it would be touched, page after page, for
/// each record.</remarks>
internal sealed class DnsMessage
{
    /// <summary>Questions listed; one is all that unicast ever asks.</summary>
    public const int QuestionsMax = 64;

    /// <summary>Answers listed; a zone transfer's message may hold more.</summary>
    public const int AnswersMax = 256;

    /// <summary>Records listed of the authority and the additional section, each.</summary>
    public const int OthersMax = 64;

    // With its numbers all of it stays below a record's limit.
    private const int QuestionBytes = 3 * 1024;
    private const int AnswerBytes = 24 * 1024;
    private const int OtherBytes = 12 * 1024;
    private const int TypeBytes = 16;

    [ThreadStatic]
    private static DnsMessage? t_present;

    private readonly byte[] _name = new byte[DnsName.TextBytesMax];
    private readonly byte[] _typeName = new byte[TypeBytes];
    private readonly ulong[] _questionTypes = new ulong[QuestionsMax];
    private DnsTexts _questionNames = new(QuestionBytes);
    private bool _areQuestionsCut;
    private int _questionsListed;
    private int _nameLength;

    /// <summary>Something is listed, or an OPT record was there, and has to be cleared.</summary>
    private bool _hasLists;

    public DnsHeader Header;
    public DnsSection Answers = new(AnswerBytes, AnswersMax);
    public DnsSection Authority = new(OtherBytes, OthersMax);
    public DnsSection Additional = new(OtherBytes, OthersMax);
    public DnsEdns Edns = new();

    /// <summary>The header of the question where this is an answer to one, else its own.</summary>
    public DnsHeader QueryHeader;

    /// <summary>What an OPT record of the question said, where this is the answer.</summary>
    public DnsEdns QueryEdns = new();

    // What is told of the exchange beside its messages.
    public long LatencyNanos;
    public uint Number;
    public bool HasQuery;
    public bool HasResponse;
    public bool IsRetransmitted;
    public bool IsTcp;
    public bool IsHttp;
    public bool IsToldCut;
    public ushort TransferMessage;
    public DnsProblem ToldProblem;

    /// <summary>The one of this thread: no two are ever read at a time.</summary>
    public static DnsMessage Present => t_present ??= new DnsMessage();

    public bool IsAnswered => HasQuery && HasResponse;

    public ReadOnlySpan<byte> ProblemName => DnsProblems.Name(ToldProblem);

    public uint Rcode => (uint)Header.Rcode | Edns.RcodeHigh;

    public ReadOnlySpan<byte> RcodeName => HasResponse ? DnsTypes.RcodeName(Rcode) : default;

    public DnsProblem Problem { get; private set; }
    public ushort QueryType { get; private set; }
    public ushort QueryClass { get; private set; }

    /// <summary>The first question was read to its end.</summary>
    public bool HasQuestion { get; private set; }

    public ReadOnlySpan<byte> QueryName => _name.AsSpan(0, _nameLength);

    public ReadOnlySpan<byte> QueryTypeName
    {
        get
        {
            if (!HasQuestion) return default;

            var name = DnsTypes.Name(QueryType);
            return name.IsEmpty ? WriteTypeName() : name;
        }
    }

    /// <summary>Only where more than one question was asked.</summary>
    public TextList QuestionNames => _questionsListed > 0 ? _questionNames.List : default;

    public ReadOnlySpan<ulong> QuestionTypes =>
        _questionsListed > 0 ? _questionTypes.AsSpan(0, _questionsListed) : default;

    public bool IsCut => Answers.IsCut || Authority.IsCut || Additional.IsCut || _areQuestionsCut;

    /// <returns>Whether there was a header to read.</returns>
    public bool TryRead(ReadOnlySpan<byte> message)
    {
        if (!DnsHeader.TryRead(message, out var header)) return false;

        Header = header;
        QueryHeader = header;
        Clear();
        var position = ReadQuestions(message, header.Questions);
        if (position < 0) return true;

        if (header.Records > 0) position = ReadSections(message, position);
        if (position >= 0 && position < message.Length) Note(DnsProblem.Trailing);
        return true;
    }

    private int ReadSections(ReadOnlySpan<byte> message, int position)
    {
        _hasLists = true;
        // The shorthand for answers that point right behind the header only holds if a name was read there.
        var name = HasQuestion ? QueryName : default;
        position = ReadRecords(message, position, Header.Answers, ref Answers, name);
        if (Header.Authority > 0 && position >= 0)
        {
            position = ReadRecords(message, position, Header.Authority, ref Authority, name);
        }

        if (Header.Additional > 0 && position >= 0)
        {
            position = ReadRecords(message, position, Header.Additional, ref Additional, name);
        }

        return position;
    }

    /// <summary>Takes from the question what its answer does not say.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReadQuery(ReadOnlySpan<byte> query)
    {
        var isRead = DnsHeader.TryRead(query, out var header);
        QueryHeader = header;
        if (!isRead) return;

        if (header.Additional != 0) FindQueryEdns(query);

        // An error may come without the question it is about: then it is the asker's.
        if (!HasQuestion) BorrowQuestion(query);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void BorrowQuestion(ReadOnlySpan<byte> query) => ReadQuestions(query, QueryHeader.Questions);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Clear()
    {
        Problem = DnsProblem.None;
        HasQuestion = false;
        (QueryType, QueryClass) = (0, 0);
        _nameLength = 0;
        if (_hasLists) ClearLists();
    }

    private void ClearLists()
    {
        _hasLists = false;
        _questionNames.Clear();
        (_questionsListed, _areQuestionsCut) = (0, false);
        Answers.Clear();
        Authority.Clear();
        Additional.Clear();
        Edns.Clear();
        QueryEdns.Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ReadQuestions(ReadOnlySpan<byte> message, int questions)
    {
        if (questions == 0) return DnsHeader.Size;

        var position = PlainName.TryWrite(message, DnsHeader.Size, _name, out _nameLength);
        if (position < 0) position = ReadName(message);
        if (!IsWhole(message, position)) return -1;

        QueryType = BinaryPrimitives.ReadUInt16BigEndian(message[position..]);
        QueryClass = BinaryPrimitives.ReadUInt16BigEndian(message[(position + 2)..]);
        HasQuestion = true;
        position += 4;
        return questions == 1 ? position : ReadMoreQuestions(message, position, questions);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int ReadName(ReadOnlySpan<byte> message)
    {
        var name = new DnsText(_name);
        var position = DnsName.WriteByLabels(message, DnsHeader.Size, ref name, out var problem);
        _nameLength = name.Length;
        Note(problem);
        return position;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ReadOnlySpan<byte> WriteTypeName()
    {
        var text = new DnsText(_typeName);
        DnsTypes.Write(QueryType, ref text);
        return _typeName.AsSpan(0, text.Length);
    }

    /// <summary>Lists the first question, which has been read, and all that follow.</summary>
    private int ReadMoreQuestions(ReadOnlySpan<byte> message, int position, int questions)
    {
        _hasLists = true;
        List(message, 0, DnsHeader.Size, QueryType);
        for (var index = 1; index < questions; index++)
        {
            var start = position;
            position = DnsName.Skip(message, start, out var problem);
            Note(problem);
            if (!IsWhole(message, position)) return -1;

            List(message, index, start, BinaryPrimitives.ReadUInt16BigEndian(message[position..]));
            position += 4;
        }

        return position;
    }

    /// <summary>Whether type and class of a question follow behind its name.</summary>
    private bool IsWhole(ReadOnlySpan<byte> message, int position)
    {
        if (position < 0) return false;
        if (message.Length - position >= 4) return true;

        Note(DnsProblem.Short);
        return false;
    }

    private void List(ReadOnlySpan<byte> message, int index, int start, ushort type)
    {
        if (index >= QuestionsMax || _areQuestionsCut) return;

        Span<byte> room = stackalloc byte[DnsName.TextBytesMax];
        var name = new DnsText(room);
        DnsName.Write(message, start, ref name, out var problem);
        Note(problem);
        if (name.Length > _questionNames.Left)
        {
            _areQuestionsCut = true;
            return;
        }

        var text = _questionNames.Next;
        text.Raw(name.Written);
        _questionNames.Keep(name.Length);
        _questionTypes[_questionsListed++] = type;
    }

    private int ReadRecords(
        ReadOnlySpan<byte> message, int position, int count, ref DnsSection section, ReadOnlySpan<byte> name)
    {
        for (; count > 0; count--)
        {
            if (section.TryAddAddress(message[position..], name))
            {
                position += DnsSection.AddressRecordSize;
                continue;
            }

            if (!DnsEntry.TryRead(message, position, out var record, out var problem))
            {
                // A truncated answer may stop anywhere (RFC 2181 section 9 says where it should).
                if (!Header.IsTruncated || problem != DnsProblem.Short) Note(problem);
                return -1;
            }

            Note(record.Type == DnsTypes.Opt ? Edns.Read(message, in record) : section.Add(message, in record, name));
            position = record.End;
        }

        return position;
    }

    /// <summary>Looks for the OPT record of a question whose answer is what gets listed.</summary>
    private void FindQueryEdns(ReadOnlySpan<byte> query)
    {
        _hasLists = true;
        var position = DnsHeader.Size;
        for (var question = 0; question < QueryHeader.Questions; question++)
        {
            position = DnsName.Skip(query, position, out _);
            if (position < 0) return;
            position += 4;
        }

        for (var left = QueryHeader.Records; left > 0; left--)
        {
            if (!DnsEntry.TryRead(query, position, out var record, out _)) return;
            if (record.Type == DnsTypes.Opt) QueryEdns.Read(query, in record);
            position = record.End;
        }
    }

    private void Note(DnsProblem problem)
    {
        if (Problem == DnsProblem.None) Problem = problem;
    }
}
