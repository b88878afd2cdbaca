"""What this contract answers, for its document (acceptance CV-120 to CV-126)."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Item(BaseModel):
    """One value that was refused; ``input`` is what was received, and left out for the query."""

    type: str
    loc: list[str | int]
    msg: str
    input: Any = None


class Error(BaseModel):
    """The body of every error."""

    detail: str | list[Item]


class Resource(BaseModel):
    """What every resource has (acceptance CV-005, CV-008)."""

    id: str
    object: str
    created: int
    livemode: bool


class Call(BaseModel):
    """Who spoke, and for how long."""

    agent_id: str | None
    contact_id: str | None
    duration_ms: int | None
    duration_seconds: float | None


class Audio(BaseModel):
    """The recording; ``url`` is good for 15 minutes once it is stored."""

    url: str | None
    size_bytes: int | None
    format: str | None
    duration_seconds: float | None


class Segment(BaseModel):
    """A stretch of speech; ``A`` is the agent, ``B`` everybody else."""

    speaker: Literal["A", "B"]
    role: Literal["agent", "customer", "unknown"]
    text: str
    start: float
    end: float
    confidence: float


class Transcript(BaseModel):
    """What was said."""

    text: str
    segments: list[Segment]
    language: str


class Quote(BaseModel):
    """Words of the call, and when they were said."""

    text: str
    timestamp: float | None


class Identity(BaseModel):
    """Whether the agent said who is speaking."""

    verified: bool
    timestamp: float | None
    flagged: bool


class Disclosures(BaseModel):
    """Which disclosures were read, by the keys of their criteria."""

    read: bool
    matched_disclosures: list[str]
    missing_disclosures: list[str]


class Purpose(BaseModel):
    """Whether the purpose was told early, and in which turn of the agent."""

    disclosed: bool
    interaction_number: int | None
    flagged: bool


class Phrases(BaseModel):
    """Forbidden phrases."""

    used: bool
    instances: list[Quote]


class Spoken(BaseModel):
    """A kind of sensitive data, and when it was spoken; never the value."""

    kind: str
    timestamp: float | None


class Sensitive(BaseModel):
    """Sensitive data."""

    shared: bool
    instances: list[Spoken]


class Compliance(BaseModel):
    """What the law or the company asks for."""

    identity_verification: Identity
    mandatory_disclosures: Disclosures
    purpose_declaration: Purpose
    prohibited_phrases: Phrases
    sensitive_data: Sensitive


class Sentiment(BaseModel):
    """How the call and its sides sounded by their words."""

    overall: str
    agent: str
    customer: str


class Greeting(BaseModel):
    """The greeting."""

    present: bool
    text: str | None
    timestamp: float | None


class Empathy(BaseModel):
    """Words of empathy."""

    used: bool
    count: int
    instances: list[Quote]


class Interruptions(BaseModel):
    """How often a side cut in."""

    count: int
    agent: int
    customer: int


class Structure(BaseModel):
    """Which parts the call has."""

    opening: bool
    resolution: bool
    closing: bool


class Quality(BaseModel):
    """How the call was held."""

    sentiment_analysis: Sentiment
    greeting: Greeting
    empathetic_language: Empathy
    interruptions: Interruptions
    call_structure: Structure


class Recommendation(BaseModel):
    """What to work on."""

    text: str
    priority: Literal["high", "medium", "low"]
    category: str


class Coaching(BaseModel):
    """What to do better; the effort is 1 to 5, and 0 when the customer said nothing."""

    recommendations: list[Recommendation]
    customer_effort_score: int


class Results(BaseModel):
    """Views of the one evaluation."""

    compliance: Compliance
    quality: Quality
    coaching: Coaching


class Metadata(BaseModel):
    """The caller's own keys, unchanged, beside four of ours."""

    model_config = ConfigDict(extra="allow")

    webhook_url: str | None
    completed_at: str | None
    processing_time_ms: int | None
    error_message: str | None


class Analysis(Resource):
    """One analysis."""

    status: Literal["processing", "completed", "failed"]
    call: Call
    audio: Audio
    transcript: Transcript | None
    results: Results | None
    metadata: Metadata


class AnalysisList(BaseModel):
    """A part of a list; ``total`` counts all that match."""

    object: Literal["list"]
    data: list[Analysis]
    has_more: bool
    total: int


class Webhook(Resource):
    """The URL that is told when an analysis is final, and what it is signed with: for owners and admins."""

    analysis_id: str
    webhook_url: str
    events: list[str]
    secret: str | None


class Registered(Resource):
    """Somebody who registered, and is to confirm the address."""

    email: str
    is_verified: bool
    message: str
    success: bool


class Tokens(BaseModel):
    """An access token, and a refresh token for the next one."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"]
    expires_in: int


class Done(BaseModel):
    """It was done."""

    message: str
    success: bool


class User(Resource):
    """A person; the webhook secret is for owners and admins."""

    email: str
    name: str | None
    phone_number: str | None
    is_active: bool
    is_verified: bool
    role: str
    webhook_signing_secret: str | None
    created_at: str
    updated_at: str


class Deleted(BaseModel):
    """It is gone."""

    id: str
    object: str
    deleted: Literal[True]


class ApiKey(Resource):
    """A key, of which only the beginning is shown."""

    name: str
    description: str | None
    key_prefix: str
    is_active: bool
    last_used_at: str | None
    expires_at: str | None
    created_at: str


class NewApiKey(ApiKey):
    """A key at the only moment when it is shown whole."""

    api_key: str


class ApiKeyList(BaseModel):
    """A part of a list."""

    items: list[ApiKey]
    total: int
    skip: int
    limit: int


class RevokedApiKey(Deleted):
    """A key that opens nothing any more."""

    is_active: Literal[False]


class Tier(BaseModel):
    """What a plan costs and includes."""

    name: str
    price_monthly: float
    minutes_included: int | None
    overage_rate: float
    overage_allowed: bool
    features: list[str]


class Subscription(Resource):
    """The plan of an account."""

    user_id: str | None
    tier: str
    status: Literal["active", "canceled", "incomplete", "past_due"]
    minutes_included: int | None
    minutes_used: float
    minutes_remaining: float | None
    overage_minutes: float
    current_period_start: str
    current_period_end: str
    cancel_at_period_end: bool
    created_at: str
    tier_info: Tier
    checkout_url: str | None = None
    """Only while it is to be paid for."""


class Span(BaseModel):
    """One month."""

    start: str
    end: str
    billing_cycle: Literal["monthly"]


class Metrics(BaseModel):
    """What was used; listing analyses and asking for the bill are no requests."""

    minutes_analyzed: float
    analysis_count: int
    api_requests: int
    storage_gb: float


class Limits(BaseModel):
    """What is included; null is no limit."""

    minutes_limit: int | None
    requests_limit: int | None
    storage_limit_gb: float | None


class Costs(BaseModel):
    """What it costs beside the plan."""

    minutes_cost: float
    api_cost: float
    storage_cost: float
    total: float
    currency: str


class Usage(Resource):
    """What was used in one month."""

    period: Span
    metrics: Metrics
    limits: Limits
    costs: Costs


class InvoiceLine(BaseModel):
    """What is paid for; ``amount`` in cents."""

    description: str
    amount: int


class Invoice(BaseModel):
    """An invoice of Stripe's, or the record of a month that is over; amounts in cents."""

    id: str
    number: str | None
    status: str | None
    created: int
    created_at: str
    currency: str
    total: int
    amount_paid: int
    amount_due: int
    hosted_invoice_url: str | None
    invoice_pdf: str | None
    lines: list[InvoiceLine] = []


class BilledMonth(Usage):
    """What was used in one month, and what was invoiced in it."""

    invoices: list[Invoice]


class UsageList(BaseModel):
    """A part of a list."""

    items: list[BilledMonth]
    total: int
    skip: int
    limit: int


class Portal(Resource):
    """Where the plan is looked after."""

    url: str
