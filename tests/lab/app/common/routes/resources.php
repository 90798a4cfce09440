<?php

// The resources of the v1 API: routes/api.php registers six routes for each.
return [
    'agents', 'agreements', 'api-keys', 'appointments', 'audits', 'availabilities', 'balances', 'bookings', 'branches',
    'calendars', 'callbacks', 'calls', 'campaigns', 'cancellations', 'categories', 'companies', 'contacts', 'coupons',
    'customers', 'dashboards', 'departments', 'devices', 'discounts', 'documents', 'employees', 'events', 'exports',
    'feedbacks', 'flows', 'forecasts', 'forms', 'functions', 'holidays', 'imports', 'integrations', 'invitations',
    'invoices', 'languages', 'leads', 'licenses', 'locations', 'mailboxes', 'memberships', 'messages', 'notes',
    'notifications', 'numbers', 'opening-hours', 'orders', 'packages', 'payments', 'permissions', 'phone-numbers',
    'plans', 'policies', 'prices', 'products', 'profiles', 'prompts', 'quotas', 'recordings', 'refunds', 'reminders',
    'reports', 'resources', 'reviews', 'roles', 'rooms', 'schedules', 'services', 'sessions', 'settings', 'shifts',
    'staff', 'statistics', 'subscriptions', 'surveys', 'tags', 'tasks', 'taxes', 'teams', 'templates', 'tenants',
    'tickets', 'tokens', 'transcripts', 'transfers', 'translations', 'users', 'vouchers', 'waiting-lists', 'webhooks',
];
